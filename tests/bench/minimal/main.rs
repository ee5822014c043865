//! The minimal window: the least program with eframe, rustls and rfd. The window's benchmark compares its start with
//! Echoscope's, and `tests/bench/build` its build.

use std::path::Path;

use eframe::egui::{CentralPanel, Ui, ViewportBuilder};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

struct Minimal {
    result: String,
}

impl eframe::App for Minimal {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        CentralPanel::default().show(ui, |ui| {
            if ui.button("Load a certificate with its key…").clicked()
                && let Some(path) = rfd::FileDialog::new().pick_file()
            {
                self.result =
                    load(&path).map_or_else(|error| error.to_string(), |config| format!("{config:?}"));
            }
            ui.label(&self.result);
        });
    }
}

fn load(path: &Path) -> Result<ServerConfig, Box<dyn std::error::Error>> {
    let chain = CertificateDer::pem_file_iter(path)?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(path)?;
    Ok(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?)
}

/// Opens a window as large as Echoscope's, drawn by the same renderer.
pub(crate) fn main() -> eframe::Result {
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default().with_inner_size([1180.0, 760.0]),
        renderer: eframe::Renderer::Glow,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native("Minimal", options, Box::new(|_| Ok(Box::new(Minimal { result: "Hello".to_owned() }))))
}
