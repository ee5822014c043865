//! The result of a lesson as a text, which a student can hand in.

use std::fmt::Write;
use std::time::SystemTime;

use crate::lessons::LessonRun;
use crate::lessons::lesson_run::StepMark;
use crate::platform::process_usage::ProcessUsage;
use crate::text;

impl LessonRun {
    /// Returns the result of the lesson as a text: title, date, and whether each step was done or skipped.
    #[must_use]
    pub fn result_text(&self, at: SystemTime) -> String {
        let count = |wanted| self.marks().iter().filter(|mark| **mark == wanted).count();
        let (steps, done) = (self.marks().len() as u64, count(StepMark::Done));
        let questions = (0..self.marks().len()).filter_map(|step| self.question(step));
        let (mut asked, mut right) = (0, 0);
        for (question, answer) in questions {
            asked += 1;
            right += u64::from(answer.is_some_and(|answer| question.is_right(answer)));
        }
        let mut result = format!(
            "Lesson:  {}\nDate:    {}\nResult:  {done} of {} done, {} skipped\n",
            self.lesson().title,
            text::date(at),
            text::count(steps, "step"),
            count(StepMark::Skipped),
        );
        // Writing to a string can't fail.
        if asked > 0 {
            let _ = writeln!(result, "Answers: {right} of {} right", text::count(asked, "question"));
        }
        result.push('\n');
        for (number, (step, mark)) in self.lesson().steps.iter().zip(self.marks()).enumerate() {
            let mark = match mark {
                StepMark::Done => "done",
                StepMark::Skipped => "skipped",
                StepMark::Open => "open",
            };
            let _ = writeln!(result, "{:>2}. {mark:8} {}", number + 1, one_line(&step.text));
            if let Some((question, answer)) = self.question(number) {
                let answer = match answer {
                    Some(answer) => {
                        let given = one_line(&question.answers[answer]);
                        format!("“{given}” {}", one_line(&question.verdict(answer)))
                    }
                    None => "not answered".to_owned(),
                };
                let _ = writeln!(result, "             Question: {}", one_line(&question.text));
                let _ = writeln!(result, "             Answer:   {answer}");
            }
            if let Some(usage) = self.usage(number) {
                let _ = writeln!(result, "             Measured: {}", usage_text(usage));
            }
        }
        result
    }

    /// Returns a name for the file with the result: `your-first-echo.txt`.
    #[must_use]
    pub fn result_file_name(&self) -> String {
        let title = self.lesson().title.to_lowercase();
        let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        format!("{}.txt", words.collect::<Vec<_>>().join("-"))
    }
}

/// Returns the threads and the memory of this process in a few words: `112 threads, 70.1 MiB of memory`.
#[must_use]
pub fn usage_text(usage: ProcessUsage) -> String {
    format!("{}, {} of memory", text::count(usage.threads, "thread"), text::bytes(usage.resident))
}

/// Returns a text from a lesson file, which may have several lines, as one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lessons::builtin_lessons;

    #[test]
    fn result_lists_each_step_and_each_answer() {
        let mut run = LessonRun::new(Arc::clone(&builtin_lessons()[0]));
        let asking = run.lesson().steps.iter().position(|step| step.question.is_some()).unwrap();
        for _ in 0..asking {
            run.next();
        }
        let right = run.question(asking).unwrap().0.right - 1;
        run.answer(right);
        let result = run.result_text(SystemTime::now());
        let lines: Vec<_> = result.lines().collect();
        let steps = run.lesson().steps.len();
        let asked = run.lesson().steps.iter().filter(|step| step.question.is_some()).count();
        assert_eq!(lines[0], "Lesson:  Your first echo");
        assert_eq!(lines[1], format!("Date:    {}", text::date(SystemTime::now())));
        assert_eq!(lines[2], format!("Result:  0 of {steps} steps done, {asking} skipped"));
        assert_eq!(lines[3], format!("Answers: 1 of {asked} questions right"));
        assert_eq!(lines[5], " 1. skipped  Press “Start server” at the lower left.");
        assert!(
            lines.iter().any(|line| line.contains("Answer:   “") && line.ends_with("” Right.")),
            "{result}"
        );
        assert_eq!(result.matches("Answer:   not answered").count(), asked - 1, "{result}");
        assert_eq!(lines.len(), 5 + steps + 2 * asked);
        assert_eq!(run.result_file_name(), "your-first-echo.txt");
    }
}
