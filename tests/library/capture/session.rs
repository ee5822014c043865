//! Captures in the app: they outlive a run of the server, can be saved to files, and are cleared with the log.

use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use echoscope::app::{App, Command, Options};
use echoscope::capture::sequence::SequenceFormat;
use echoscope::server::ServerState;
use echoscope::server::event::ClientId;
use echoscope::settings::Settings;

use crate::capture::lab::echo;
use crate::support::PATIENCE;

fn poll_until(app: &mut App, what: &str, mut done: impl FnMut(&App) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(app) {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        app.poll();
        std::thread::yield_now();
    }
}

fn visit(app: &mut App, id: u64) {
    app.apply(Command::Start);
    poll_until(app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }));
    let ServerState::Listening { addresses, .. } = app.state() else { panic!("it stopped again") };
    let mut client = TcpStream::connect(addresses[0]).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    echo(&mut client, b"Hello");
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    let over = |app: &App| app.capture(ClientId(id)).is_some_and(|capture| capture.info().closed);
    poll_until(app, "the end of the connection", over);
    app.apply(Command::Stop);
    poll_until(app, "a stop", |app| app.state().is_stopped());
}

#[test]
fn captures_outlive_a_run_are_saved_and_are_cleared_with_the_log() {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    let mut app = App::new(settings, Options { capture: true, ..Options::default() });
    visit(&mut app, 1);
    visit(&mut app, 2);
    let ids = |app: &App| app.captures().list().iter().map(|info| info.client.id.0).collect::<Vec<_>>();
    assert_eq!(ids(&app), [1, 2]);

    let folder = tempfile::tempdir().unwrap();
    for (name, format, start) in
        [("a.svg", SequenceFormat::Svg, "<?xml"), ("a.txt", SequenceFormat::Text, "Connection #2")]
    {
        let path = folder.path().join(name);
        app.apply(Command::SaveSequence { id: ClientId(2), path: path.clone(), format });
        poll_until(&mut app, "a notice", |app| app.notice().is_some());
        let notice = app.notice().unwrap();
        assert!(
            !notice.problem && notice.text.starts_with("The sequence diagram of #2 (6 rows) was saved to "),
            "{notice:?}"
        );
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(start));
        app.apply(Command::DismissNotice);
    }
    let path = folder.path().join("nowhere").join("a.svg");
    app.apply(Command::SaveSequence { id: ClientId(2), path, format: SequenceFormat::Svg });
    poll_until(&mut app, "a notice", |app| app.notice().is_some());
    assert!(app.notice().unwrap().problem);

    let used = app.captures().used();
    app.apply(Command::ClearLog);
    assert_eq!((ids(&app), app.captures().used()), (Vec::<u64>::new(), 0));
    app.apply(Command::RestoreLog);
    assert_eq!((ids(&app), app.captures().used()), (vec![1, 2], used));
    app.apply(Command::ClearLog);
    let path = folder.path().join("late.svg");
    app.apply(Command::SaveSequence { id: ClientId(2), path: path.clone(), format: SequenceFormat::Svg });
    assert!(app.notice().unwrap().text.contains("no longer kept") && !path.exists());
}
