//! Several runs in one folder at the same time leave one complete set of files and nothing else.

use std::path::Path;
use std::sync::Barrier;
use std::thread;

use echoscope::tls::create::{CertificateSpec, CreateError, KeyChoice, create};
use jiff::Timestamp;

use crate::create_certificate::test_folder::{TestFolder, files};
use crate::support::{echoscope, finish, server_config};

const WRITERS: usize = 6;

/// Asserts that the key matches the certificate, and that the folder contains only the files `names`.
fn assert_complete(folder: &Path, names: &[&str]) {
    server_config(&folder.join("server.crt"), &folder.join("server.key")).unwrap();
    assert_eq!(files(folder), names);
}

#[test]
fn threads_in_one_folder_leave_one_complete_set() {
    let folder = TestFolder::new();
    for round in 0..20 {
        // The folder is missing in every second round.
        let folder = folder.path(&format!("folder{}", round / 2));
        let barrier = Barrier::new(WRITERS);
        let created = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|_| {
                    scope.spawn(|| {
                        let spec = CertificateSpec {
                            folder: folder.clone(),
                            key: KeyChoice::P256,
                            signed_by_ca: true,
                            ..CertificateSpec::default()
                        };
                        barrier.wait();
                        match create(&spec, true, Timestamp::now()) {
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
        assert!(created > 0);
        assert_complete(&folder, &["ca.crt", "ca.key", "server.crt", "server.csr", "server.key"]);
    }
}

#[test]
fn processes_in_one_folder_leave_one_complete_set() {
    let folder = TestFolder::new();
    let out = folder.folder().to_str().unwrap();
    for _ in 0..5 {
        let ends: Vec<_> = thread::scope(|scope| {
            let start =
                || finish(echoscope(&["create-certificate", "--out", out, "--key", "p256", "--force"]));
            let programs: Vec<_> = (0..WRITERS).map(|_| scope.spawn(start)).collect();
            programs.into_iter().map(|program| program.join().unwrap()).collect()
        });
        assert!(ends.iter().any(|end| end.code == Some(0)), "{ends:?}");
        for end in ends.iter().filter(|end| end.code != Some(0)) {
            assert!(end.stderr.contains("Another instance of Echoscope is using "), "{end:?}");
        }
        assert_complete(folder.folder(), &["server.crt", "server.csr", "server.key"]);
    }
}
