//! A QR code as a picture and as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fast_qr::convert::{Builder as _, Shape, svg::SvgBuilder};
use fast_qr::{ECL, QRBuilder, QRCode};

/// Light modules around the code, which scanners need to find it.
const QUIET_ZONE: usize = 4;
/// Pictures have at least this many pixels on each side.
const MIN_PIXELS: usize = 320;

/// A code that is ready to be drawn.
pub(crate) struct Picture(QRCode);

impl Picture {
    /// Of this text. None when it is too long for a QR code.
    pub(crate) fn of(text: &str) -> Option<Self> {
        QRBuilder::new(text).ecl(ECL::L).build().ok().map(Self)
    }

    /// As PNG, black on white.
    pub(crate) fn png(&self) -> Vec<u8> {
        let modules = self.0.size + 2 * QUIET_ZONE;
        let scale = MIN_PIXELS.div_ceil(modules);
        let side = modules * scale;
        let mut pixels = vec![255_u8; side * side];
        for (y, row) in pixels.chunks_exact_mut(side).enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                if self.is_dark(x / scale, y / scale) {
                    *pixel = 0;
                }
            }
        }
        let mut bytes = Vec::new();
        let side = u32::try_from(side).expect("a QR code has at most 185 modules");
        let mut encoder = png::Encoder::new(&mut bytes, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&pixels))
            .expect("writing a picture of the right size to memory cannot fail");
        bytes
    }

    /// As a data URL of the PNG.
    pub(crate) fn data_url(&self) -> String {
        format!("data:image/png;base64,{}", STANDARD.encode(self.png()))
    }

    /// As SVG.
    pub(crate) fn svg(&self) -> String {
        SvgBuilder::default()
            .shape(Shape::Square)
            .margin(QUIET_ZONE)
            .to_str(&self.0)
    }

    /// As blocks for a terminal, two modules in each character, dark on light.
    pub(crate) fn text(&self) -> String {
        let modules = self.0.size + 2 * QUIET_ZONE;
        let mut text = String::new();
        for y in (0..modules).step_by(2) {
            for x in 0..modules {
                text.push(match (self.is_dark(x, y), self.is_dark(x, y + 1)) {
                    // Terminals are dark, so what is printed is the light part.
                    (false, false) => '█',
                    (false, true) => '▀',
                    (true, false) => '▄',
                    (true, true) => ' ',
                });
            }
            text.push('\n');
        }
        text
    }

    /// Whether the module is dark; `x` and `y` count from the corner of the quiet zone.
    fn is_dark(&self, x: usize, y: usize) -> bool {
        let (Some(x), Some(y)) = (x.checked_sub(QUIET_ZONE), y.checked_sub(QUIET_ZONE)) else {
            return false;
        };
        x < self.0.size && y < self.0.size && self.0[y][x].value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        Picture::of(&"2@".repeat(100)).expect("fits")
    }

    #[test]
    fn the_png_is_large_enough_and_has_a_quiet_zone() {
        let bytes = picture().png();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("pixels");
        assert!(info.width >= 320 && info.width == info.height);
        let side = info.width as usize;
        assert!(
            pixels[..side].iter().all(|&pixel| pixel == 255),
            "the first row is quiet"
        );
        assert!(pixels.contains(&0), "something is dark");
    }

    #[test]
    fn every_form_shows_the_same_code() {
        let picture = picture();
        assert!(picture.data_url().starts_with("data:image/png;base64,iVBOR"));
        assert!(picture.svg().starts_with("<svg"));
        let text = picture.text();
        let widths: Vec<_> = text.lines().map(|line| line.chars().count()).collect();
        assert!(widths.iter().all(|&width| width == picture.0.size + 8));
        assert!(text.starts_with('█') && text.contains('▄'));
    }

    #[test]
    fn a_text_that_is_too_long_has_no_picture() {
        assert!(Picture::of(&"x".repeat(5000)).is_none());
    }
}
