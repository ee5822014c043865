//! A second app, which is opened, used, and dropped in the middle of its work.

use std::thread;
use std::time::{Duration, Instant};

use echoscope::app::clients::{ClientCommand, ClientTabId, TabCommand};
use echoscope::app::{App, Command, Options};
use echoscope::server::ServerState;
use echoscope::settings::Settings;
use echoscope::settings::settings_file::SettingsFile;

use super::Files;

const TIME: Duration = Duration::from_secs(20);

/// Runs a second app from start to end, or returns an error.
pub(super) fn visit(files: &Files) -> Result<(), String> {
    let settings = Settings {
        port: 0,
        tls: true,
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        ..Settings::default()
    };
    let settings_file = Some(SettingsFile::new(files.folder.join("newcomer.toml"), settings.clone()));
    let mut app = App::new(settings, Options { settings_file, capture: true, ..Options::default() });
    app.apply(Command::Start);
    wait_until(&mut app, "listening", |app| matches!(app.state(), ServerState::Listening { .. }))?;
    let id = ClientTabId(1);
    app.apply(ClientCommand::Tab(id, TabCommand::Connect).into());
    let tab = |app: &App| app.clients().get(id).map(echoscope::app::clients::ClientTab::status);
    wait_until(&mut app, "a TLS client", |app| {
        tab(app).is_some_and(|status| status.state == echoscope::client::client_event::ClientState::Open)
    })?;
    app.apply(ClientCommand::Tab(id, TabCommand::Send).into());
    wait_until(&mut app, "its echo", |app| tab(app).is_some_and(|status| status.echo.is_exact()))?;
    // The app is dropped while its client is connected and its server runs.
    Ok(())
}

fn wait_until(app: &mut App, what: &str, done: impl Fn(&App) -> bool) -> Result<(), String> {
    let deadline = Instant::now() + TIME;
    while !done(app) {
        if Instant::now() > deadline {
            return Err(format!("a second app waited in vain for {what}"));
        }
        app.poll();
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
