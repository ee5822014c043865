//! A lesson that the user is doing: its current step, and which conditions are met.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::lessons::condition_text::describe;
use crate::lessons::lesson::{Lesson, LessonStep};
use crate::lessons::lesson_event::{LessonEvent, LessonFacts, Progress};
use crate::lessons::question::Question;
use crate::platform::process_usage::ProcessUsage;

/// Whether a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepMark {
    /// The step isn't done yet.
    #[default]
    Open,
    /// The goal of the step was reached.
    Done,
    /// The user skipped the step.
    Skipped,
}

/// A condition of the current step and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionStatus {
    /// The condition in a few words.
    pub text: String,
    /// Whether the condition is met.
    pub is_met: bool,
    /// How many events or bytes were counted, and how many are needed, if more than one is needed.
    pub count: Option<(u64, u64)>,
}

/// How far the user has come in a lesson, as it is saved.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LessonProgress {
    /// Whether the user has ever come to the end of the lesson.
    pub finished: bool,
    /// The index of the current step, or the number of steps after the last one.
    pub position: usize,
    /// The state of each step.
    pub steps: Vec<StepMark>,
    /// The answer to each step's question, from 1; 0 if there is none. Empty if no question was answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<usize>,
}

impl LessonProgress {
    /// Returns the index of the step at which the lesson can be resumed; `None` if it is at its beginning or its end.
    #[must_use]
    pub fn resumes_at(&self) -> Option<usize> {
        (0 < self.position && self.position < self.steps.len()).then_some(self.position)
    }

    /// Returns whether nothing was done, skipped or answered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.finished && self.answers.is_empty() && self.steps.iter().all(|mark| *mark == StepMark::Open)
    }
}

/// A lesson that the user is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonRun {
    lesson: Arc<Lesson>,
    marks: Vec<StepMark>,
    /// The progress of each condition of each step.
    progress: Vec<Vec<Progress>>,
    /// The index of the answer to each step's question.
    answers: Vec<Option<usize>>,
    /// The last measurement during each step that measures.
    usage: Vec<Option<ProcessUsage>>,
    /// The index of the current step, or the number of steps after the last one.
    position: usize,
    /// See [`LessonRun::generation`].
    generation: u64,
}

impl LessonRun {
    /// Starts a lesson at its first step.
    #[must_use]
    pub fn new(lesson: Arc<Lesson>) -> Self {
        let marks = vec![StepMark::Open; lesson.steps.len()];
        let progress = lesson.steps.iter().map(no_progress).collect();
        let (answers, usage) = (vec![None; marks.len()], vec![None; marks.len()]);
        Self { lesson, marks, progress, answers, usage, position: 0, generation: new_generation() }
    }

    /// Resumes a lesson at the step where it was left. Starts it over if it was finished, or if it has other steps now.
    #[must_use]
    pub fn resume(lesson: Arc<Lesson>, progress: &LessonProgress) -> Self {
        let mut run = Self::new(lesson);
        if progress.steps.len() == run.marks.len()
            && let Some(position) = progress.resumes_at()
        {
            run.marks.clone_from(&progress.steps);
            for (index, step) in run.lesson.steps.iter().enumerate() {
                let answer = progress.answers.get(index).and_then(|number| number.checked_sub(1));
                let count = step.question.as_ref().map_or(0, |question| question.answers.len());
                run.answers[index] = answer.filter(|answer| *answer < count);
            }
            // The progress of the step's conditions isn't saved, so its question is asked again.
            run.go_to(position);
        }
        run
    }

    /// Returns how far the user has come.
    #[must_use]
    pub fn progress(&self) -> LessonProgress {
        let finished = self.position >= self.marks.len();
        let mut answers = Vec::new();
        if self.answers.iter().any(Option::is_some) {
            answers.extend(self.answers.iter().map(|answer| answer.map_or(0, |answer| answer + 1)));
        }
        LessonProgress { finished, position: self.position, steps: self.marks.clone(), answers }
    }

    /// Returns the lesson.
    #[must_use]
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// Returns the index of the current step, or the number of steps after the last one.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Returns the current step; `None` after the last one.
    #[must_use]
    pub fn step(&self) -> Option<&LessonStep> {
        self.lesson.steps.get(self.position)
    }

    /// Returns the state of each step.
    #[must_use]
    pub fn marks(&self) -> &[StepMark] {
        &self.marks
    }

    /// Returns whether the current step is already done, since the user went back to it.
    #[must_use]
    pub fn is_review(&self) -> bool {
        self.marks.get(self.position) == Some(&StepMark::Done)
    }

    /// Returns the question of a step, and the index of the answer to it if it was answered.
    #[must_use]
    pub fn question(&self, step: usize) -> Option<(&Question, Option<usize>)> {
        let question = self.lesson.steps.get(step)?.question.as_ref()?;
        Some((question, self.answers[step]))
    }

    /// Returns the last measurement during a step; `None` if the step doesn't measure or the OS doesn't report it.
    #[must_use]
    pub fn usage(&self, step: usize) -> Option<ProcessUsage> {
        self.usage.get(step).copied().flatten()
    }

    /// Answers the question of the current step with the answer at this index. Only the first answer counts.
    pub fn answer(&mut self, answer: usize) {
        if let Some((question, None)) = self.question(self.position)
            && answer < question.answers.len()
        {
            self.answers[self.position] = Some(answer);
            self.generation = new_generation();
            self.on_event(LessonEvent::Answered);
        }
    }

    /// Returns the previous step if it is done.
    #[must_use]
    pub fn previous_done(&self) -> Option<&LessonStep> {
        self.previous().filter(|(_, mark)| *mark == StepMark::Done).map(|(step, _)| step)
    }

    /// Returns the previous step and its state.
    #[must_use]
    pub fn previous(&self) -> Option<(&LessonStep, StepMark)> {
        let previous = self.position.checked_sub(1)?;
        Some((&self.lesson.steps[previous], self.marks[previous]))
    }

    /// Returns the required conditions of the current step with their states.
    #[must_use]
    pub fn condition_statuses(&self) -> Vec<ConditionStatus> {
        let Some(step) = self.step() else { return Vec::new() };
        let conditions = step.goal.conditions().into_iter().zip(&self.progress[self.position]);
        let required = conditions.zip(step.goal.required()).filter(|(_, is_required)| *is_required);
        required
            .map(|((condition, progress), _)| ConditionStatus {
                text: describe(condition),
                is_met: progress.is_met(condition),
                count: progress.count(condition),
            })
            .collect()
    }

    /// Returns a number that changes with each change of the step and with each answer, and is never reused, not even by
    /// another lesson.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Counts an event, and goes to the next step if it completes the current one.
    pub fn on_event(&mut self, event: LessonEvent<'_>) {
        if let Some(step) = self.lesson.steps.get(self.position)
            && self.marks[self.position] == StepMark::Open
        {
            for (condition, progress) in
                step.goal.conditions().into_iter().zip(&mut self.progress[self.position])
            {
                progress.on_event(condition, event);
            }
        }
        self.advance();
    }

    /// Updates the conditions about states, and goes to the next step if that completes the current one. The facts must
    /// have been collected after the step started; see [`LessonRun::generation`].
    pub fn update(&mut self, facts: &LessonFacts) {
        if let Some(step) = self.lesson.steps.get(self.position)
            && self.marks[self.position] == StepMark::Open
        {
            if step.measure {
                self.usage[self.position] = facts.usage.or(self.usage[self.position]);
            }
            for (condition, progress) in
                step.goal.conditions().into_iter().zip(&mut self.progress[self.position])
            {
                progress.update(condition, facts);
            }
        }
        self.advance();
    }

    /// Goes to the next step, and marks the current one as skipped unless it is done.
    pub fn next(&mut self) {
        if let Some(mark) = self.marks.get_mut(self.position) {
            if *mark == StepMark::Open {
                *mark = StepMark::Skipped;
            }
            self.go_to(self.position + 1);
        }
    }

    /// Goes to the previous step. A skipped step starts over.
    pub fn back(&mut self) {
        if self.position > 0 {
            self.go_to(self.position - 1);
        }
    }

    /// Starts the lesson over.
    pub fn restart(&mut self) {
        *self = Self::new(Arc::clone(&self.lesson));
    }

    /// Goes to the next step if the goal of the current one is reached.
    fn advance(&mut self) {
        let Some(step) = self.lesson.steps.get(self.position) else { return };
        let conditions = step.goal.conditions().into_iter().zip(&self.progress[self.position]);
        let mut met = conditions.map(|(condition, progress)| progress.is_met(condition));
        if self.marks[self.position] == StepMark::Open && step.goal.is_reached(&mut met) {
            self.marks[self.position] = StepMark::Done;
            self.go_to(self.position + 1);
        }
    }

    fn go_to(&mut self, position: usize) {
        self.position = position;
        self.generation = new_generation();
        if self.marks.get(position).is_none_or(|mark| *mark == StepMark::Done) {
            return;
        }
        self.marks[position] = StepMark::Open;
        (self.answers[position], self.usage[position]) = (None, None);
        self.progress[position].fill(Progress::default());
    }
}

/// Returns a number that no lesson has had since the program started.
fn new_generation() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn no_progress(step: &LessonStep) -> Vec<Progress> {
    vec![Progress::default(); step.goal.conditions().len()]
}
