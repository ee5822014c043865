//! Several that write into one folder at once: one set of files stays, whole, and nothing beside it.

use std::path::Path;
use std::sync::Barrier;
use std::thread;

use echoscope::tls::create::{CreateError, KeyChoice, Request, create};
use echoscope::tls::load;
use jiff::Timestamp;

use crate::create_certificate::lab::{Lab, files};
use crate::support::{echoscope, finish};

const WRITERS: usize = 6;

/// Key and certificate fit, and the folder holds what one writer makes and no more.
fn whole(folder: &Path, names: &[&str]) {
    load(&folder.join("server.crt"), &folder.join("server.key")).unwrap();
    assert_eq!(files(folder), names);
}

#[test]
fn threads_that_write_at_once_leave_one_whole_set() {
    let lab = Lab::new();
    for round in 0..20 {
        // A folder that is new for them all every second time.
        let folder = lab.path(&format!("lab{}", round / 2));
        let barrier = Barrier::new(WRITERS);
        let made = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|_| {
                    scope.spawn(|| {
                        let request = Request {
                            folder: folder.clone(),
                            key: KeyChoice::P256,
                            signed_by_ca: true,
                            ..Request::default()
                        };
                        barrier.wait();
                        match create(&request, true, Timestamp::now()) {
                            Ok(_) => 1,
                            Err(error @ CreateError::Busy { .. }) => {
                                assert!(error.to_string().contains("Try again in a moment."), "{error}");
                                0
                            }
                            Err(error) => panic!("{error}"),
                        }
                    })
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).sum::<usize>()
        });
        assert!(made > 0);
        whole(&folder, &["ca.crt", "ca.key", "server.crt", "server.csr", "server.key"]);
    }
}

#[test]
fn programs_that_write_at_once_leave_one_whole_set() {
    let lab = Lab::new();
    let out = lab.folder().to_str().unwrap();
    for _ in 0..5 {
        let ends: Vec<_> = thread::scope(|scope| {
            let start =
                || finish(echoscope(&["create-certificate", "--out", out, "--key", "p256", "--force"]));
            let programs: Vec<_> = (0..WRITERS).map(|_| scope.spawn(start)).collect();
            programs.into_iter().map(|program| program.join().unwrap()).collect()
        });
        assert!(ends.iter().any(|end| end.code == Some(0)), "{ends:?}");
        for end in ends.iter().filter(|end| end.code != Some(0)) {
            assert!(end.stderr.contains("Another Echoscope is making certificates in "), "{end:?}");
        }
        whole(lab.folder(), &["server.crt", "server.csr", "server.key"]);
    }
}
