//! The tutorial's program for the running server, or for the form while none runs.

use std::path::Path;
use std::sync::Arc;

use crate::app::state::App;
use crate::python::{self, Program};
use crate::server::ServerConfig;

impl App {
    /// Returns the program that does what the running server does, on its actual port. While no server runs, it does
    /// what a server with the form's last valid values would do. It is cached until these change.
    #[must_use]
    pub fn program(&self) -> Arc<Program> {
        let mut config = ServerConfig::from(self.running_with().unwrap_or(self.settings()));
        if self.running_with().is_some() {
            config.port = self.port();
        }
        if let Some(tls) = &mut config.tls {
            // The program may be saved anywhere, but a relative path is one from Echoscope's own folder.
            for path in [&mut tls.certificate, &mut tls.key, &mut tls.client_ca] {
                *path = std::path::absolute(Path::new(path)).unwrap_or_else(|_| path.clone());
            }
        }
        let mut cached = self.program.borrow_mut();
        match &*cached {
            Some((cached_for, program)) if *cached_for == config => Arc::clone(program),
            _ => {
                let program = Arc::new(python::program(&config));
                *cached = Some((config, Arc::clone(&program)));
                program
            }
        }
    }
}
