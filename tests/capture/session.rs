//! Captures in a session: they outlive a run of the server, go with the log, and are saved to files.

use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use echoscope::server::event::ClientId;
use echoscope::server::status::State;
use echoscope::session::command::WireFormat;
use echoscope::session::{Command, Options, Session};
use echoscope::settings::Settings;

use crate::lab::echo;
use crate::support::PATIENCE;

fn poll_until(session: &mut Session, what: &str, mut done: impl FnMut(&Session) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(session) {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        session.poll();
        std::thread::yield_now();
    }
}

fn visit(session: &mut Session, id: u64) {
    session.apply(Command::Start);
    poll_until(session, "listening", |session| matches!(session.state(), State::Listening { .. }));
    let State::Listening { addresses, .. } = session.state() else { panic!("it stopped again") };
    let mut client = TcpStream::connect(addresses[0]).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    echo(&mut client, b"Hello");
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    let over = |session: &Session| session.capture(ClientId(id)).is_some_and(|capture| capture.is_closed());
    poll_until(session, "the end of the connection", over);
    session.apply(Command::Stop);
    poll_until(session, "a stop", |session| session.state().is_at_rest());
}

#[test]
fn captures_outlive_a_run_are_saved_and_go_with_the_log() {
    let settings = Settings { host: "127.0.0.1".to_owned(), port: 0, ..Settings::default() };
    let mut session = Session::new(settings, Options { capture: true, ..Options::default() });
    visit(&mut session, 1);
    visit(&mut session, 2);
    let ids =
        |session: &Session| session.captures().list().iter().map(|info| info.client.id.0).collect::<Vec<_>>();
    assert_eq!(ids(&session), [1, 2]);

    let folder = tempfile::tempdir().unwrap();
    for (name, format, start) in
        [("a.svg", WireFormat::Svg, "<?xml"), ("a.txt", WireFormat::Text, "Connection #2")]
    {
        let path = folder.path().join(name);
        session.apply(Command::SaveWire { id: ClientId(2), path: path.clone(), format });
        poll_until(&mut session, "a notice", |session| session.notice().is_some());
        let notice = session.notice().unwrap();
        assert!(
            !notice.problem && notice.text.starts_with("The ladder of #2 (6 rows) was saved to "),
            "{notice:?}"
        );
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(start));
        session.apply(Command::DismissNotice);
    }
    let path = folder.path().join("nowhere").join("a.svg");
    session.apply(Command::SaveWire { id: ClientId(2), path, format: WireFormat::Svg });
    poll_until(&mut session, "a notice", |session| session.notice().is_some());
    assert!(session.notice().unwrap().problem);

    session.apply(Command::ClearLog);
    assert_eq!(ids(&session), Vec::<u64>::new());
    let path = folder.path().join("late.svg");
    session.apply(Command::SaveWire { id: ClientId(2), path: path.clone(), format: WireFormat::Svg });
    assert!(session.notice().unwrap().text.contains("no longer kept") && !path.exists());
}
