//! The settings file: any text can be loaded, and saved settings are loaded unchanged.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use echoscope::settings::settings_file::{self, LoadedSettings, OnBrokenFile};
use echoscope::settings::{ClientAuth, DataFormat, Mode, Settings, ThemeChoice, TlsVersions};
use echoscope_fuzz::{Scratch, check_message, seed};
use libfuzzer_sys::fuzz_target;
use toml::Table;

static SCRATCH: LazyLock<Scratch> = LazyLock::new(Scratch::new);

fuzz_target!(
    init: seed(seeds()),
    |data: &[u8]| {
        let path = SCRATCH.write("settings.toml", data);
        let text = std::str::from_utf8(data);
        match text.map_err(|error| error.to_string()).and_then(settings_file::parse) {
            Ok((settings, bad)) => check_good(&path, text.unwrap_or_default(), settings, &bad),
            Err(why) => {
                if let (Ok(text), Some(line)) = (text, why.strip_prefix("line ")) {
                    let line: usize = line.parse().expect("a line has a number");
                    assert!((1..=text.matches('\n').count() + 1).contains(&line), "{why}");
                }
                let defaults = Settings::default();
                let loaded = settings_file::load(&path, OnBrokenFile::Keep);
                assert_eq!((&loaded.settings, loaded.may_save), (&defaults, true));
                check_message(&loaded.complaint.expect("a broken file is reported"));
                // A broken file may be overwritten.
                check_saved(&path, &defaults);
            }
        }
    }
);

fn check_good(path: &Path, text: &str, settings: Settings, bad: &[String]) {
    let printed = toml::to_string(&settings).expect("settings can be written");
    assert_eq!(settings_file::parse(&printed), Ok((settings.clone(), Vec::new())));
    let before: Table = text.parse().expect("it was read");
    assert!(bad.iter().all(|key| before.contains_key(key)), "{bad:?}");
    let loaded = settings_file::load(path, OnBrokenFile::Rename);
    assert_eq!((&loaded.settings, loaded.complaint.is_some()), (&settings, !bad.is_empty()));
    if let Some(complaint) = loaded.complaint {
        check_message(&complaint);
    }
    check_saved(path, &settings);
    let after: Table = fs::read_to_string(path).expect("it was saved").parse().expect("it is TOML");
    let known_keys: Table = printed.parse().expect("it is TOML");
    for (key, value) in before.iter().filter(|(key, _)| !known_keys.contains_key(*key)) {
        // NaN isn't equal to itself.
        let same = after.get(key).map(ToString::to_string) == Some(value.to_string());
        assert!(same, "{key} is unknown, and was not kept");
    }
}

fn check_saved(path: &Path, settings: &Settings) {
    settings_file::save(path, settings).expect("settings can be saved");
    let expected = LoadedSettings { settings: settings.clone(), complaint: None, may_save: true };
    assert_eq!(settings_file::load(path, OnBrokenFile::Rename), expected);
}

fn seeds() -> Vec<Vec<u8>> {
    let other = Settings {
        host: "fe80::1%eth0".to_owned(),
        mode: Mode::Pool,
        tls: true,
        certificate: "my \"lab\"\\server.crt".into(),
        key: "/home/\u{e9}/server.key".into(),
        tls_versions: TlsVersions::Only13,
        client_auth: ClientAuth::Optional,
        alpn: vec!["h2".to_owned(), "http/1.1".to_owned()],
        theme: ThemeChoice::Dark,
        data_format: DataFormat::Hex,
        ..Settings::default()
    };
    let written = [Settings::default(), other].map(|settings| toml::to_string(&settings).unwrap());
    let by_hand =
        ["port = 99999\nhost = 'a b'\nfrom_the_future = [1, { a = nan }]\n", "port = 1\nhost = [[\n"];
    written.into_iter().chain(by_hand.map(str::to_owned)).map(String::into_bytes).collect()
}
