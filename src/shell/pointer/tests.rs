use std::sync::Arc;

use super::straight::straight;
use super::{Image, Images, Sprite};
use crate::shell::placement::{Filter, Placement};
use crate::shell::screen::{Area, Pixels};
use crate::ui::Scale;
use crate::viewer::pointer::{SHAPES, Shape};

fn shape(size: (u32, u32), hot: (u32, u32), rgba: [u8; 4]) -> Arc<Shape> {
    Arc::new(Shape::new(size, hot, rgba.repeat((size.0 * size.1) as usize)).expect("a shape"))
}

fn placed(place: Area, size: (u32, u32), scale: Scale) -> Placement {
    Placement::new(place, size, scale, (0.0, 0.0)).expect("has a size")
}

#[test]
fn it_points_at_its_pixel_and_is_cut_at_the_pictures_edge() {
    let placement = placed(Area { x: 10, y: 20, width: 50, height: 40 }, (50, 40), Scale::OneToOne);
    let arrow = shape((4, 3), (1, 2), [255, 0, 0, 255]);
    let image = Images::default().of(&arrow, &placement);
    let at = |x, y| Sprite::new(Arc::clone(&image), (x, y), &placement);
    let drawn_on = |x, y| at(x, y).and_then(|sprite| sprite.area(placement.shown));
    assert_eq!(drawn_on(5, 6), Some(Area { x: 14, y: 24, width: 4, height: 3 }));
    assert_eq!(drawn_on(0, 0), Some(Area { x: 10, y: 20, width: 3, height: 1 }));
    assert_eq!(drawn_on(49, 39), Some(Area { x: 58, y: 57, width: 2, height: 3 }));
    for (x, y) in [(50, 0), (0, 40), (u32::MAX, u32::MAX)] {
        assert!(at(x, y).is_none(), "that is no pixel of the picture");
    }
}

#[test]
fn what_is_behind_shines_through_and_comes_back_exactly() {
    let bgrx: Vec<u8> = (0..50 * 40 * 4u32).map(|i| (i * 31 % 253) as u8).collect();
    let pixels = Pixels { width: 50, height: 40, bgrx: &bgrx };
    for (place, scale) in [(Area::all(60, 60), Scale::OneToOne), (Area::all(40, 50), Scale::Fit)] {
        let placement = placed(place, (50, 40), scale);
        let mut filter = Filter::default();
        let mut clean = vec![0; (place.width * place.height) as usize];
        placement.copy(pixels, Area::all(50, 40), &mut filter, &mut clean, place.width);
        let mut target = clean.clone();
        let half = shape((6, 6), (0, 0), [100, 50, 0, 128]);
        let image = Images::default().of(&half, &placement);
        let sprite = Sprite::new(image, (45, 37), &placement).expect("inside");
        let area = sprite.area(placement.shown).expect("seen");
        sprite.draw(placement.shown, &mut target, place.width);
        for (index, (now, before)) in target.iter().zip(&clean).enumerate() {
            let (x, y) = (index as u32 % place.width, index as u32 / place.width);
            let inside = Area { x, y, width: 1, height: 1 }.and(area).is_some();
            let mixed = |shift: u32, over: u32| over + ((before >> shift & 255) * 127 + 127) / 255;
            let expected = if inside { mixed(16, 100) << 16 | mixed(8, 50) << 8 | mixed(0, 0) } else { *before };
            assert_eq!(*now, expected, "at {x}, {y}");
        }
        placement.copy_to(pixels, area, &mut filter, &mut target, place.width);
        assert!(target == clean, "erased exactly");
    }
}

#[test]
fn it_is_scaled_with_the_picture_but_stays_large_enough_to_be_found() {
    let size = |side: u32, scale: f64| Image::new(&shape((side, side), (side / 2, side / 2), [9; 4]), scale).size.0;
    assert_eq!([size(24, 1.0), size(24, 0.5), size(16, 0.1)], [24, 24, 16], "as it is");
    assert_eq!([size(96, 0.5), size(96, 0.1)], [48, 24]);
    assert_eq!([size(24, 1.2), size(24, 2.0), size(256, 9.0)], [24, 48, 512]);
    for scale in [0.3, 2.0] {
        let image = Image::new(&shape((100, 60), (99, 30), [10, 20, 30, 40]), scale);
        assert!(image.hot.0 == image.size.0 - 1 && image.hot.1.abs_diff(image.size.1 / 2) < 2);
        assert_eq!(straight(&image.rgba)[..4], [64, 128, 191, 40]);
        assert!(image.rgba.chunks_exact(4).all(|pixel| pixel == [10, 20, 30, 40]), "an even colour stays what it is");
        assert_eq!(image.rgba.len(), (image.size.0 * image.size.1 * 4) as usize);
    }
}

#[test]
fn images_are_made_once_and_not_more_are_kept_than_there_are_shapes() {
    let mut images = Images::default();
    let placement = placed(Area::all(50, 40), (50, 40), Scale::OneToOne);
    let arrow = shape((4, 3), (1, 2), [255; 4]);
    let first = images.of(&arrow, &placement);
    assert!(Arc::ptr_eq(&first, &images.of(&arrow, &placement)));
    let other = placed(Area::all(200, 160), (50, 40), Scale::Fit);
    assert_eq!(images.of(&arrow, &other).size, (16, 12));
    for _ in 0..2 * SHAPES {
        images.of(&shape((1, 1), (0, 0), [0; 4]), &placement);
        assert!(Arc::ptr_eq(&first, &images.of(&arrow, &placement)), "what is used is not forgotten");
    }
    assert_eq!(images.known.len(), SHAPES);
}
