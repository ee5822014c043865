//! Lessons: short guided experiments, written as data. A step is completed by what really happens.
//!
//! ```text
//!  assets/lessons/*.toml, or a teacher's file
//!        │ Lesson::parse
//!        ▼
//!     Lesson ──► LessonRun ◄── LessonEvent: something the server did, or the user did in the window
//!                   ▲   └────► the current step, and which of its conditions are met
//!                   └───────── LessonFacts: the state of the app
//! ```
//!
//! Nothing here uses sockets, threads, clocks or the window: a lesson run is a plain value that events are passed to.
//!
//! # The format of a lesson file
//!
//! A lesson is a TOML file of at most 64 KiB. Anything that isn't described here is an error with its line.
//!
//! ```toml
//! title = "A stream has no messages"
//! summary = "What one side sends at once may arrive in several parts."
//! needs = ["tls"]                    # optional: the lesson uses TLS, so a certificate is needed first
//!
//! [[step]]
//! text = "Press Set it up, then Start server."      # what to do, in a sentence or two
//! why = "recv(4) returns at most four bytes."       # optional: what just happened, shown when the step is done
//! settings = { recv_size = 4, tls = false }         # optional: applied by the button "Set it up"
//! open = "client"                                   # optional: adds a button such as "Show the Client tab"
//! done = { is = "listening", recv_size = 4 }        # when the step is done
//! ```
//!
//! - **`settings`** takes `host`, `port`, `backlog`, `mode`, `pool_size`, `recv_size`, `max_clients`, `idle_timeout`,
//!   `tls`, `tls_versions`, `client_auth`, `alpn`, `session_tickets`, with the values of the settings file.
//! - **`open`** takes `live`, `log`, `client`, `server_name`, `code`, `wire`, `create_certificate`,
//!   `certificate_details`, `tls_options`.
//! - **`done`** is one condition; or `{ all = […] }` or `{ any = […] }` with conditions in them.
//!
//! A condition is about a state (`is`) or about events (`seen`). Events count from the start of the step, or with
//! `since = "lesson"` from the start of the lesson. No condition waits for time to pass.
//!
//! | `is =` | true while | further keys |
//! |---|---|---|
//! | `"listening"` | the server is listening | any key of `settings` that it was started with |
//! | `"stopped"` | no server is running | |
//! | `"settings"` | the form contains these settings, whether the server is running or not | the keys of `settings` |
//! | `"connected"` | clients are connected | `at_least` (1), `at_most` |
//! | `"waiting"` | clients wait in the accept queue | `at_least` (1) |
//! | `"certificate"` | a certificate that is valid today and a matching key are chosen | |
//! | `"paused"` | accepting is paused | |
//! | `"stepping"` | step mode is on | |
//! | `"halted"` | in step mode, a thread is paused before a call | `before`, a call: `"socket"`, `"bind"`, `"listen"`, `"accept"`, `"handshake"`, `"recv"`, `"sendall"`, `"close"` |
//!
//! On Linux, `waiting` is read from the kernel. Elsewhere it counts the clients of the Client tab that have connected and
//! that the server hasn't accepted yet. If only clients of other programs wait there, the step has to be skipped.
//!
//! `"halted"` is about step mode. It isn't called `"paused"`, since that already means that accepting is paused, and
//! lesson files rely on both names.
//!
//! | `seen =` | counts | further keys |
//! |---|---|---|
//! | `"started"`, `"stopped"` | starts and stops of the server | |
//! | `"accepted"` | accepted clients | |
//! | `"received"` | what `recv` returned, call by call | `equals`, `contains`, `hex`, `length`; `bytes`: at least this many in all |
//! | `"stream"` | clients whose bytes, over all calls of `recv`, contain a text | `contains` (required) |
//! | `"echo"` | sends of the clients in the Client tab that came back byte for byte | |
//! | `"half_closed"` | clients of the Client tab that half-closed and still receive | |
//! | `"closed"` | closed connections | `reason`, or a list: `"end_of_stream"`, `"without_close_notify"`, `"lost"` (RST), `"disconnected"`, `"idle"`, `"tls"`, `"handshake_limit"`, `"server_stopped"` |
//! | `"handshake"` | completed TLS handshakes | `version` (`"1.2"`, `"1.3"`), `resumed` |
//! | `"tls_failed"` | TLS failures | `alert`, or a list: the client's alert by its name in RFC 8446, section 6.2: `"unknown_ca"` … |
//! | `"not_tls"` | clients that sent something else to a TLS server | |
//! | `"tls_on_plain"` | clients that used TLS although it was off | |
//! | `"certificate_created"` | certificates created in this window | |
//! | `"opened"` | tabs and dialogs that were opened | `place`, as in `open` (required) |
//!
//! Each of these takes `at_least` (1) and `since` (`"step"`).

pub mod condition;
mod condition_text;
pub mod lesson;
pub mod lesson_event;
mod lesson_result;
pub mod lesson_run;
pub mod setting_override;

pub use lesson::{Lesson, builtin_lessons};
pub use lesson_run::LessonRun;
