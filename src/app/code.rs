//! The tutorial's program for the server that runs, or for the form where none does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::App;
use crate::python::{self, Program};
use crate::server::config::ServerConfig;

/// The program as it was last asked for, and what it was written for.
pub(super) type Written = Option<(ServerConfig, Arc<Program>)>;

impl App {
    /// The program that does what the running server does, on its real port; where none runs, what one would do with
    /// the form's last right values. Written anew only where these have changed.
    #[must_use]
    pub fn program(&self) -> Arc<Program> {
        let config = self.program_config();
        let mut written = self.written.borrow_mut();
        match &*written {
            Some((known, program)) if *known == config => Arc::clone(program),
            _ => {
                let program = Arc::new(python::program(&config));
                *written = Some((config, Arc::clone(&program)));
                program
            }
        }
    }

    fn program_config(&self) -> ServerConfig {
        let running = self.server.as_ref().filter(|server| !server.state().is_stopped());
        let mut config =
            running.map_or_else(|| ServerConfig::from(self.settings()), |server| server.config().clone());
        if running.is_some() {
            config.port = self.port();
        }
        if let Some(tls) = &mut config.tls {
            for path in [&mut tls.certificate, &mut tls.key, &mut tls.client_ca] {
                *path = absolute(path);
            }
        }
        config
    }
}

/// The program may be saved and run anywhere; Echoscope's own folder is the one that a path was typed for.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
