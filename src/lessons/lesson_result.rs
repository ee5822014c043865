//! The result of a lesson as a text, which a student can hand in.

use std::fmt::Write;
use std::time::SystemTime;

use crate::lessons::LessonRun;
use crate::lessons::lesson_run::StepMark;
use crate::text;

impl LessonRun {
    /// Returns the result of the lesson as a text: title, date, and whether each step was done or skipped.
    #[must_use]
    pub fn result_text(&self, at: SystemTime) -> String {
        let count = |wanted| self.marks().iter().filter(|mark| **mark == wanted).count();
        let (steps, done) = (self.marks().len() as u64, count(StepMark::Done));
        let mut result = format!(
            "Lesson:  {}\nDate:    {}\nResult:  {done} of {} done, {} skipped\n\n",
            self.lesson().title,
            text::date(at),
            text::count(steps, "step"),
            count(StepMark::Skipped),
        );
        for (number, (step, mark)) in self.lesson().steps.iter().zip(self.marks()).enumerate() {
            let mark = match mark {
                StepMark::Done => "done",
                StepMark::Skipped => "skipped",
                StepMark::Open => "open",
            };
            // A text in a lesson file may have several lines.
            let words: Vec<_> = step.text.split_whitespace().collect();
            // Writing to a string can't fail.
            let _ = writeln!(result, "{:>2}. {mark:8} {}", number + 1, words.join(" "));
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lessons::builtin_lessons;

    #[test]
    fn result_names_the_lesson_the_date_and_each_step() {
        let mut run = LessonRun::new(Arc::clone(&builtin_lessons()[0]));
        run.next();
        let lines = run.result_text(SystemTime::now());
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines[0], "Lesson:  Your first echo");
        assert_eq!(lines[1], format!("Date:    {}", text::date(SystemTime::now())));
        assert_eq!(lines[2], "Result:  0 of 6 steps done, 1 skipped");
        assert_eq!(lines[4], " 1. skipped  Press “Start server” at the lower left.");
        assert!(lines[5].starts_with(" 2. open     "), "{}", lines[5]);
        assert_eq!(lines.len(), 4 + run.lesson().steps.len());
        assert_eq!(run.result_file_name(), "your-first-echo.txt");
    }
}
