//! A second session beside the first, opened, used, and dropped in the middle of what it does.

use std::thread;
use std::time::{Duration, Instant};

use echoscope::server::status::State;
use echoscope::session::clients::{ClientCommand, ClientTabId};
use echoscope::session::{Command, Options, Session};
use echoscope::settings::Settings;

use super::Files;

const TIME: Duration = Duration::from_secs(20);

/// Its whole life; what was not as it should be.
pub(super) fn visit(files: &Files) -> Result<(), String> {
    let settings = Settings {
        port: 0,
        tls: true,
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        ..Settings::default()
    };
    let settings_file = Some(files.folder.join("newcomer.toml"));
    let mut session = Session::new(settings, Options { settings_file, capture: true, ..Options::default() });
    session.apply(Command::Start);
    until(&mut session, "listening", |session| matches!(session.state(), State::Listening { .. }))?;
    let id = ClientTabId(1);
    session.apply(ClientCommand::Connect(id).into());
    let tab =
        |session: &Session| session.clients().get(id).map(echoscope::session::clients::ClientTab::status);
    until(&mut session, "a TLS client", |session| {
        tab(session).is_some_and(|status| status.state == echoscope::client::status::State::Open)
    })?;
    session.apply(ClientCommand::Send { id }.into());
    until(&mut session, "its echo", |session| tab(session).is_some_and(|status| status.echo.is_exact()))?;
    // Dropped as it is: connected, and with the server running.
    Ok(())
}

fn until(session: &mut Session, what: &str, done: impl Fn(&Session) -> bool) -> Result<(), String> {
    let deadline = Instant::now() + TIME;
    while !done(session) {
        if Instant::now() > deadline {
            return Err(format!("a second session waited in vain for {what}"));
        }
        session.poll();
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
