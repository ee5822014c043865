//! The settings file: any text can be loaded, and saved settings are loaded unchanged.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use echoscope::settings::settings_file::{self, LoadedSettings, OnBrokenFile, SettingsFile};
use echoscope::settings::{ClientAuth, DataFormat, Mode, Setting, Settings, ThemeChoice, TlsVersions};
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
                // A broken file is replaced, and its content is kept.
                let changed = Settings { port: 1, ..defaults.clone() };
                let saved = SettingsFile::new(path.clone(), defaults).save(&changed);
                let copy = saved.expect("settings can be saved").expect("the content is kept");
                assert_eq!(fs::read(&copy).expect("the copy can be read"), data);
                fs::remove_file(copy).expect("the copy can be removed");
                let expected = LoadedSettings { settings: changed, complaint: None, may_save: true };
                assert_eq!(settings_file::load(&path, OnBrokenFile::Keep), expected);
            }
        }
    }
);

fn check_good(path: &Path, text: &str, settings: Settings, bad: &[String]) {
    let printed = printed(&settings);
    assert_eq!(settings_file::parse(&printed), Ok((settings.clone(), Vec::new())));
    let before: Table = text.parse().expect("it was read");
    let key = |bad: &String| bad.split(':').next().unwrap_or_default().to_owned();
    assert!(bad.iter().all(|bad| before.contains_key(&key(bad))), "{bad:?}");
    let loaded = settings_file::load(path, OnBrokenFile::Copy);
    assert_eq!((&loaded.settings, loaded.complaint.is_some()), (&settings, !bad.is_empty()));
    if let Some(complaint) = loaded.complaint {
        check_message(&complaint);
    }
    // A changed setting is written, and everything else stays.
    let changed = Settings { port: settings.port ^ 1, ..settings.clone() };
    let mut file = SettingsFile::new(path.to_owned(), settings);
    assert_eq!(file.save(&changed).expect("settings can be saved"), None);
    let loaded = settings_file::load(path, OnBrokenFile::Keep);
    assert_eq!(loaded.settings, changed);
    let after: Table = fs::read_to_string(path).expect("it was saved").parse().expect("it is TOML");
    for (key, value) in before.iter().filter(|(key, _)| *key != "port") {
        // NaN isn't equal to itself.
        let same = after.get(key).map(ToString::to_string) == Some(value.to_string());
        assert!(same, "{key} was not kept");
    }
}

/// Returns every setting as the settings file stores it.
fn printed(settings: &Settings) -> String {
    let saved = Setting::ALL.iter().filter(|setting| setting.is_saved());
    let entry = |setting: &Setting| {
        (setting.info().key.to_owned(), setting.toml(settings).expect("it can be stored"))
    };
    saved.map(entry).collect::<Table>().to_string()
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
    let written = [Settings::default(), other].map(|settings| printed(&settings));
    let by_hand =
        ["port = 99999\nhost = 'a b'\nfrom_the_future = [1, { a = nan }]\n", "port = 1\nhost = [[\n"];
    written.into_iter().chain(by_hand.map(str::to_owned)).map(String::into_bytes).collect()
}
