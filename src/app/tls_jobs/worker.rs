//! A thread that answers questions, of which only the last one matters.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::app::tls_jobs::Wake;

/// The thread, and the way to it. It ends when this is dropped.
pub(super) struct Worker<Q, A> {
    questions: Option<Sender<(u64, Q)>>,
    answers: Receiver<(u64, A)>,
    asked: u64,
    answered: u64,
}

impl<Q: Send + 'static, A: Send + 'static> Worker<Q, A> {
    /// Starts the thread; `answer` runs on it.
    pub(super) fn new(name: &str, wake: Wake, mut answer: impl FnMut(Q) -> A + Send + 'static) -> Self {
        let (questions, asked) = channel::<(u64, Q)>();
        let (found, answers) = channel();
        let work = move || {
            while let Ok(mut question) = asked.recv() {
                while let Ok(newer) = asked.try_recv() {
                    question = newer;
                }
                if found.send((question.0, answer(question.1))).is_err() {
                    return;
                }
                wake();
            }
        };
        let started = thread::Builder::new().name(name.to_owned()).spawn(work).is_ok();
        Self { questions: started.then_some(questions), answers, asked: 0, answered: 0 }
    }

    /// Asks; what was asked before no longer matters. Whether an answer will come.
    pub(super) fn ask(&mut self, question: Q) -> bool {
        self.asked += 1;
        let asked = self.asked;
        let sent = self.questions.as_ref().is_some_and(|questions| questions.send((asked, question)).is_ok());
        if !sent {
            self.answered = asked;
        }
        sent
    }

    /// Whether an answer is still to come.
    pub(super) fn is_busy(&self) -> bool {
        self.answered < self.asked
    }

    /// The answer to the last question, once.
    pub(super) fn answer(&mut self) -> Option<A> {
        while let Ok((number, answer)) = self.answers.try_recv() {
            if number == self.asked {
                self.answered = number;
                return Some(answer);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    #[test]
    fn only_the_last_answer_counts() {
        let (woken, wakes) = mpsc::channel();
        let wake: Wake = Arc::new(move || woken.send(()).unwrap_or_default());
        let (go_on, held) = mpsc::channel::<()>();
        let mut worker = Worker::new("test", wake, move |number: u32| {
            held.recv().unwrap();
            number * 2
        });
        assert!(worker.ask(1) && worker.ask(2) && worker.ask(3) && worker.is_busy());
        // Enough for every question, however many of them were passed over.
        for _ in 0..3 {
            go_on.send(()).unwrap();
        }
        let answer = loop {
            wakes.recv().unwrap();
            if let Some(answer) = worker.answer() {
                break answer;
            }
        };
        assert_eq!((answer, worker.is_busy()), (6, false));
    }
}
