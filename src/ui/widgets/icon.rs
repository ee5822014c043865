//! Icons drawn as lines and shapes, so that they look the same with every font and at every zoom.

use std::f32::consts::TAU;

use egui::{Atom, Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2, vec2};

/// An icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    /// The app's logo: two rings.
    Logo,
    /// Success.
    Check,
    /// A warning.
    Warning,
    /// An error.
    Problem,
    /// A hint.
    Info,
    /// An open list or section.
    ChevronDown,
    /// A closed section.
    ChevronRight,
    Stop,
    /// Start.
    Play,
    Copy,
    /// Close, dismiss, disconnect.
    Cross,
    /// The side panel.
    SidePanel,
    /// Zoom out.
    Minus,
    /// Zoom in.
    Plus,
    /// The theme of the OS.
    Monitor,
    /// The light theme.
    Sun,
    /// The dark theme.
    Moon,
    /// Presenter mode.
    FullScreen,
    /// Lessons: an open book.
    Book,
    /// TLS: a padlock.
    Lock,
}

impl Icon {
    /// Returns the icon for egui's widgets, in the color of their text.
    pub(crate) fn atom(self, side: f32) -> Atom<'static> {
        Atom::paint(Vec2::splat(side), move |ui, args| {
            paint(ui.painter(), self, args.rect, args.fallback_text_color);
        })
    }
}

/// Draws an icon in the center of a rectangle.
#[expect(clippy::too_many_lines, reason = "a few lines for each icon")]
pub(crate) fn paint(painter: &Painter, icon: Icon, rect: Rect, color: Color32) {
    let c = rect.center();
    let r = rect.width().min(rect.height()) / 2.0;
    let thin = Stroke::new((r * 0.18).max(1.2), color);
    let at = |x: f32, y: f32| pos2(c.x + x * r, c.y + y * r);
    let line = |points: &[Pos2]| {
        painter.add(Shape::line(points.to_vec(), thin));
    };
    match icon {
        Icon::Logo => {
            painter.circle_stroke(c, r * 0.92, Stroke::new(r * 0.17, color));
            painter.circle_stroke(c, r * 0.48, Stroke::new(r * 0.17, color));
        }
        Icon::Check => line(&[at(-0.62, 0.05), at(-0.15, 0.52), at(0.68, -0.48)]),
        Icon::Warning => {
            let triangle = vec![at(0.0, -0.82), at(0.92, 0.78), at(-0.92, 0.78)];
            painter.add(Shape::closed_line(triangle, thin));
            line(&[at(0.0, -0.28), at(0.0, 0.24)]);
            painter.circle_filled(at(0.0, 0.51), thin.width * 0.62, color);
        }
        Icon::Problem | Icon::Info => {
            painter.circle_stroke(c, r * 0.86, thin);
            let (bar, dot) = if icon == Icon::Problem { (-0.42..=0.1, 0.42) } else { (-0.06..=0.46, -0.4) };
            line(&[at(0.0, *bar.start()), at(0.0, *bar.end())]);
            painter.circle_filled(at(0.0, dot), thin.width * 0.62, color);
        }
        Icon::ChevronDown => line(&[at(-0.55, -0.28), at(0.0, 0.3), at(0.55, -0.28)]),
        Icon::ChevronRight => line(&[at(-0.28, -0.55), at(0.3, 0.0), at(-0.28, 0.55)]),
        Icon::Stop => {
            painter.rect_filled(Rect::from_center_size(c, Vec2::splat(r * 1.5)), r * 0.22, color);
        }
        Icon::Play => {
            let triangle = vec![at(-0.5, -0.78), at(0.82, 0.0), at(-0.5, 0.78)];
            painter.add(Shape::convex_polygon(triangle, color, Stroke::NONE));
        }
        Icon::Copy => {
            let sheet = |x: f32, y: f32| Rect::from_center_size(at(x, y), vec2(r * 1.05, r * 1.2));
            let outline = |rect| painter.rect_stroke(rect, r * 0.2, thin, StrokeKind::Middle);
            outline(sheet(0.22, 0.22));
            line(&[
                at(-0.66, 0.42),
                at(-0.74, 0.3),
                at(-0.74, -0.72),
                at(-0.62, -0.82),
                at(0.18, -0.82),
                at(0.3, -0.72),
            ]);
        }
        Icon::Cross => {
            line(&[at(-0.5, -0.5), at(0.5, 0.5)]);
            line(&[at(-0.5, 0.5), at(0.5, -0.5)]);
        }
        Icon::SidePanel => {
            let frame = Rect::from_center_size(c, vec2(r * 1.8, r * 1.5));
            painter.rect_stroke(frame, r * 0.24, thin, StrokeKind::Middle);
            line(&[at(-0.25, -0.75), at(-0.25, 0.75)]);
            line(&[at(-0.66, -0.36), at(-0.5, -0.36)]);
            line(&[at(-0.66, -0.02), at(-0.5, -0.02)]);
        }
        Icon::Minus => line(&[at(-0.55, 0.0), at(0.55, 0.0)]),
        Icon::Plus => {
            line(&[at(-0.55, 0.0), at(0.55, 0.0)]);
            line(&[at(0.0, -0.55), at(0.0, 0.55)]);
        }
        Icon::Monitor => {
            let screen = Rect::from_center_size(at(0.0, -0.18), vec2(r * 1.8, r * 1.25));
            painter.rect_stroke(screen, r * 0.2, thin, StrokeKind::Middle);
            line(&[at(-0.45, 0.82), at(0.45, 0.82)]);
            line(&[at(0.0, 0.45), at(0.0, 0.82)]);
        }
        Icon::Sun => {
            painter.circle_stroke(c, r * 0.4, thin);
            for eighth in 0..8_u8 {
                let direction = Vec2::angled(f32::from(eighth) * TAU / 8.0);
                painter.line_segment([c + direction * r * 0.66, c + direction * r * 0.95], thin);
            }
        }
        Icon::Moon => {
            // The outer edge is most of a circle, and the inner one is part of a circle to the upper right.
            let outer = (0..=16_u8).map(|step| Vec2::angled(f32::from(step) / 16.0 * 4.71) * 0.85);
            let inner = (1..8_u8)
                .map(|step| vec2(0.44, -0.44) + Vec2::angled(3.89 - f32::from(step) / 8.0 * 3.07) * 0.6);
            let points = outer.chain(inner).map(|point| c + point * r);
            painter.add(Shape::closed_line(points.collect(), thin));
        }
        Icon::FullScreen => {
            for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
                line(&[at(0.8 * x, 0.3 * y), at(0.8 * x, 0.8 * y), at(0.3 * x, 0.8 * y)]);
            }
        }
        Icon::Book => {
            // The outline from the top of the fold around both pages, then the fold.
            line(&[
                at(0.0, -0.6),
                at(-0.3, -0.78),
                at(-0.9, -0.78),
                at(-0.9, 0.62),
                at(-0.3, 0.62),
                at(0.0, 0.82),
                at(0.3, 0.62),
                at(0.9, 0.62),
                at(0.9, -0.78),
                at(0.3, -0.78),
                at(0.0, -0.6),
            ]);
            line(&[at(0.0, -0.6), at(0.0, 0.82)]);
        }
        Icon::Lock => {
            let body = Rect::from_min_max(at(-0.72, -0.1), at(0.72, 0.9));
            painter.rect_stroke(body, r * 0.2, thin, egui::StrokeKind::Middle);
            let arc = (0..=12_u8).map(|step| {
                let angle = std::f32::consts::PI * (1.0 + f32::from(step) / 12.0);
                at(0.44 * angle.cos(), -0.44 + 0.44 * angle.sin())
            });
            line(&[at(-0.44, -0.1)].into_iter().chain(arc).chain([at(0.44, -0.1)]).collect::<Vec<_>>());
        }
    }
}
