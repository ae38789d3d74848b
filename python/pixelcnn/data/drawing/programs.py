"""The drawing programs of `doodles`: a few lists of strokes for each class, on a canvas of 256 with y downwards.

The programs were drawn by hand for this project. Each has a smooth outline first, then the features of its class, and
last the details that a drawing may leave out.
"""

from pixelcnn.data.drawing.pen import Stroke, cloud, curve, ellipse, line, loop, maybe

Drawings = list[list[Stroke]]


def bee() -> Drawings:
    """A striped body, two wings, a head and a sting."""
    flying = [
        ellipse(145, 165, 82, 48),
        line(105, 125, 102, 205),
        line(142, 118, 142, 212),
        line(180, 122, 182, 206),
        ellipse(40, 160, 28, 30),
        loop(135, 118, 92, 70, 105, 22, 138, 55),
        loop(145, 118, 150, 60, 200, 30, 205, 75),
        *maybe(curve(28, 132, 18, 108, 2, 104), curve(46, 130, 48, 108, 34, 92), line(226, 165, 254, 168)),
    ]
    from_above = [
        ellipse(128, 165, 42, 80),
        line(90, 135, 166, 135),
        line(86, 168, 170, 168),
        line(94, 202, 162, 202),
        ellipse(128, 58, 30, 27),
        loop(98, 118, 30, 60, 2, 95, 35, 135),
        loop(158, 118, 226, 60, 254, 95, 221, 135),
        *maybe(curve(116, 34, 108, 14, 92, 8), curve(140, 34, 148, 14, 164, 8), line(128, 245, 128, 268)),
    ]
    round_one = [
        ellipse(128, 150, 100, 62),
        line(92, 94, 92, 206),
        line(132, 88, 132, 212),
        line(172, 94, 172, 206),
        ellipse(55, 138, 4),
        loop(118, 90, 60, 45, 85, 5, 120, 35),
        loop(138, 90, 135, 25, 190, 5, 195, 50),
        *maybe(line(228, 150, 258, 152), curve(45, 165, 55, 178, 70, 172)),
    ]
    return [flying, from_above, round_one]


def bicycle() -> Drawings:
    """Two wheels of one size and a frame of triangles, a bar and a saddle."""
    left, right = ellipse(55, 185, 52), ellipse(205, 185, 52)
    diamond = [
        left,
        right,
        line(55, 185, 100, 105, 175, 105, 120, 185, 55, 185),
        line(120, 185, 94, 90),
        line(205, 185, 172, 82, 145, 72),
        line(75, 88, 115, 88),
    ]
    simple = [
        left,
        right,
        line(55, 185, 95, 115, 180, 115),
        line(95, 115, 130, 190, 180, 115),
        line(205, 185, 178, 80, 208, 70),
        line(72, 100, 118, 98),
    ]
    spokes = [
        left,
        right,
        line(55, 185, 105, 100, 170, 100, 205, 185),
        line(55, 185, 125, 185, 170, 100),
        line(170, 100, 165, 65, 195, 60),
        line(105, 100, 100, 80),
        line(78, 78, 120, 78),
        *maybe(line(18, 185, 92, 185), line(55, 148, 55, 222), line(168, 185, 242, 185), line(205, 148, 205, 222)),
    ]
    return [diamond, simple, spokes]


def broccoli() -> Drawings:
    """A crown of many small florets on a thick stem that forks."""
    crown = [
        cloud(128, 88, 92, 62, 9),
        curve(98, 150, 112, 180, 108, 250),
        curve(168, 150, 152, 180, 156, 250),
        line(108, 250, 156, 250),
        curve(70, 90, 88, 70, 106, 90),
        curve(112, 66, 130, 46, 148, 66),
        curve(150, 98, 168, 78, 186, 98),
        *maybe(curve(104, 118, 118, 104, 134, 118), line(132, 185, 132, 150)),
    ]
    florets = [
        cloud(62, 92, 42, 38, 6),
        cloud(128, 58, 46, 40, 6),
        cloud(196, 92, 42, 38, 6),
        curve(60, 138, 78, 175, 106, 190, 106, 252),
        curve(198, 138, 180, 175, 152, 190, 152, 252),
        line(106, 252, 152, 252),
        *maybe(line(116, 168, 120, 108), line(142, 168, 138, 108)),
    ]
    forked = [
        cloud(128, 80, 100, 58, 10, 150, 390),
        curve(41, 109, 60, 138, 90, 128, 110, 142, 128, 130, 150, 142, 168, 128, 200, 138, 215, 109),
        line(84, 140, 112, 182, 112, 250, 148, 250, 148, 182, 176, 140),
        line(128, 142, 130, 182),
        *maybe(ellipse(90, 80, 14), ellipse(140, 62, 14), ellipse(170, 92, 14)),
    ]
    return [crown, florets, forked]


def butterfly() -> Drawings:
    """A thin body between two pairs of wings, and feelers."""
    feelers = maybe(curve(124, 66, 112, 40, 92, 30), curve(132, 66, 144, 40, 164, 30))
    four = [
        ellipse(128, 130, 9, 64),
        loop(120, 118, 78, 38, 18, 30, 10, 82, 50, 122),
        loop(136, 118, 178, 38, 238, 30, 246, 82, 206, 122),
        loop(120, 138, 52, 138, 28, 182, 62, 222, 102, 200),
        loop(136, 138, 204, 138, 228, 182, 194, 222, 154, 200),
        *feelers,
    ]
    lobed = [
        line(128, 70, 128, 200),
        curve(128, 110, 80, 35, 15, 40, 20, 105, 62, 132, 22, 165, 40, 215, 88, 215, 128, 160),
        curve(128, 110, 176, 35, 241, 40, 236, 105, 194, 132, 234, 165, 216, 215, 168, 215, 128, 160),
        *feelers,
        *maybe(ellipse(66, 84, 14), ellipse(190, 84, 14)),
    ]
    pointed = [
        ellipse(128, 135, 10, 60),
        line(120, 125, 20, 40, 10, 120, 118, 140),
        line(136, 125, 236, 40, 246, 120, 138, 140),
        line(118, 142, 30, 150, 60, 215, 120, 175),
        line(138, 142, 226, 150, 196, 215, 136, 175),
        *feelers,
    ]
    return [four, lobed, pointed]


def cactus() -> Drawings:
    """A column with one arm up on each side, thorns, a pot."""
    outline = [
        curve(104, 254, 104, 200, 104, 186, 70, 186, 40, 160, 40, 110, 54, 98, 68, 110, 70, 148, 104, 152),
        curve(104, 152, 102, 60, 110, 16, 128, 6, 146, 16, 154, 60, 152, 120),
        curve(152, 120, 186, 118, 188, 80, 202, 68, 216, 80, 214, 130, 190, 154, 152, 156),
        line(152, 156, 152, 254),
        *maybe(line(60, 254, 196, 254), line(128, 60, 128, 78), line(122, 120, 134, 120), line(128, 190, 128, 210)),
    ]
    potted = [
        curve(92, 180, 84, 90, 98, 24, 128, 10, 158, 24, 172, 90, 164, 180),
        line(66, 182, 190, 182, 174, 252, 82, 252, 66, 182),
        line(60, 60, 92, 72),
        line(52, 110, 88, 116),
        line(196, 60, 164, 72),
        line(204, 110, 168, 116),
        line(60, 150, 90, 150),
        line(196, 150, 166, 150),
        *maybe(line(128, 50, 128, 70), line(112, 100, 116, 120), line(142, 130, 142, 150)),
    ]
    armed = [
        loop(112, 250, 108, 120, 110, 30, 128, 12, 146, 30, 148, 120, 144, 250),
        curve(110, 180, 60, 178, 44, 150, 44, 90, 58, 78, 72, 92, 76, 140, 110, 148),
        curve(147, 150, 180, 146, 184, 110, 186, 60, 200, 50, 214, 62, 212, 130, 196, 172, 147, 180),
        *maybe(line(40, 252, 216, 252), line(128, 90, 128, 110), line(128, 140, 128, 160)),
    ]
    thin = [
        line(128, 10, 128, 250),
        curve(128, 170, 60, 168, 48, 140, 48, 80),
        curve(128, 140, 196, 138, 208, 110, 208, 50),
        line(112, 50, 144, 40),
        line(112, 90, 144, 82),
        line(112, 210, 144, 202),
        line(34, 110, 62, 104),
        line(194, 84, 222, 78),
        *maybe(line(60, 252, 196, 252)),
    ]
    return [outline, potted, armed, thin]


def frog() -> Drawings:
    """A wide face with two eyes on top, or a frog that sits on folded legs."""
    face = [
        ellipse(128, 158, 116, 74),
        ellipse(64, 76, 36),
        ellipse(192, 76, 36),
        ellipse(66, 78, 6),
        ellipse(190, 78, 6),
        curve(52, 168, 90, 196, 128, 202, 166, 196, 204, 168),
        *maybe(ellipse(116, 140, 2), ellipse(140, 140, 2)),
    ]
    sitting = [
        ellipse(128, 84, 66, 42),
        ellipse(88, 36, 22),
        ellipse(168, 36, 22),
        curve(94, 92, 128, 112, 162, 92),
        curve(78, 112, 60, 170, 84, 224, 128, 232, 172, 224, 196, 170, 178, 112),
        curve(66, 160, 20, 150, 12, 205, 50, 228, 4, 242, 70, 246, 88, 226),
        curve(190, 160, 236, 150, 244, 205, 206, 228, 252, 242, 186, 246, 168, 226),
        *maybe(line(112, 190, 108, 244), line(144, 190, 148, 244)),
    ]
    peeking = [
        curve(20, 150, 24, 100, 60, 82, 54, 40, 86, 24, 112, 48, 108, 78, 150, 78, 146, 48, 172, 24, 204, 40, 198, 82),
        curve(198, 82, 234, 100, 238, 150, 200, 206, 128, 220, 56, 206, 20, 150),
        ellipse(82, 54, 7),
        ellipse(176, 54, 7),
        curve(50, 140, 90, 174, 128, 180, 166, 174, 206, 140),
        *maybe(line(70, 215, 40, 244), line(186, 215, 216, 244)),
    ]
    return [face, sitting, peeking]


def guitar() -> Drawings:
    """A body with a waist and a hole, a long neck, a head with pegs."""
    upright = [
        loop(
            128,
            112,
            92,
            118,
            84,
            142,
            96,
            162,
            72,
            186,
            74,
            232,
            128,
            252,
            182,
            232,
            184,
            186,
            160,
            162,
            172,
            142,
            164,
            118,
        ),
        ellipse(128, 176, 17),
        line(119, 118, 119, 40),
        line(137, 118, 137, 40),
        line(119, 40, 112, 4, 144, 4, 137, 40),
        line(106, 222, 150, 222),
        *maybe(line(128, 40, 128, 222)),
    ]
    slanted = [
        loop(
            128,
            108,
            104,
            102,
            84,
            116,
            78,
            140,
            40,
            146,
            12,
            184,
            28,
            226,
            70,
            240,
            110,
            214,
            116,
            178,
            140,
            172,
            150,
            150,
            146,
            126,
        ),
        ellipse(92, 164, 16),
        line(126, 116, 210, 30),
        line(140, 130, 224, 44),
        line(210, 30, 222, 4, 252, 32, 224, 44),
        line(44, 190, 68, 214),
    ]
    lying = [
        loop(
            138, 128, 130, 96, 110, 88, 90, 100, 62, 76, 20, 82, 4, 128, 20, 174, 62, 180, 90, 156, 110, 168, 130, 160
        ),
        ellipse(76, 128, 17),
        line(136, 118, 222, 118),
        line(136, 138, 222, 138),
        line(222, 112, 254, 108, 254, 148, 222, 144, 222, 112),
        *maybe(line(30, 110, 30, 146), line(76, 128, 222, 128)),
    ]
    return [upright, slanted, lying]


def lightning() -> Drawings:
    """A bolt: an outline with two steps, a zigzag, or a zigzag below a cloud."""
    bolt = [line(150, 4, 60, 140, 118, 140, 80, 252, 200, 100, 140, 100, 190, 4, 150, 4)]
    stepped = [
        line(110, 4, 52, 92, 100, 92, 66, 160, 112, 160, 84, 254, 190, 136, 144, 136, 184, 70, 138, 70, 172, 4, 110, 4)
    ]
    zigzag = [line(170, 4, 84, 112, 158, 118, 74, 252)]
    stormy = [
        cloud(128, 62, 92, 40, 7),
        line(140, 110, 96, 176, 136, 176, 104, 254),
        *maybe(line(66, 122, 48, 160), line(204, 122, 188, 160)),
    ]
    return [bolt, stepped, zigzag, stormy]


def penguin() -> Drawings:
    """A round body, upright, with a white belly, short wings, a beak and two feet."""
    front = [
        loop(128, 4, 80, 24, 72, 80, 52, 140, 62, 206, 128, 232, 194, 206, 204, 140, 184, 80, 176, 24),
        loop(128, 116, 96, 134, 92, 184, 128, 212, 164, 184, 160, 134),
        curve(72, 100, 34, 140, 30, 190),
        curve(184, 100, 222, 140, 226, 190),
        ellipse(104, 48, 5),
        ellipse(152, 48, 5),
        line(110, 72, 146, 72, 128, 98, 110, 72),
        ellipse(96, 242, 26, 11),
        ellipse(160, 242, 26, 11),
    ]
    waddling = [
        ellipse(128, 52, 42, 44),
        loop(100, 92, 70, 150, 84, 220, 128, 236, 172, 220, 186, 150, 156, 92),
        line(88, 46, 52, 58, 90, 68),
        ellipse(112, 44, 4),
        loop(140, 112, 126, 160, 142, 200, 160, 160),
        line(110, 234, 84, 250, 116, 250),
        line(146, 234, 138, 252, 172, 248),
        *maybe(curve(84, 122, 62, 160, 62, 186), curve(96, 110, 88, 170, 108, 226)),
    ]
    plump = [
        ellipse(128, 128, 80, 116),
        curve(128, 72, 88, 40, 78, 96, 92, 190, 128, 216, 164, 190, 178, 96, 168, 40, 128, 72),
        ellipse(104, 84, 4),
        ellipse(152, 84, 4),
        line(108, 108, 148, 108, 128, 136, 108, 108),
        curve(52, 110, 18, 150, 22, 190, 54, 160),
        curve(204, 110, 238, 150, 234, 190, 202, 160),
        line(104, 242, 78, 258, 116, 258),
        line(152, 242, 178, 258, 140, 258),
    ]
    return [front, waddling, plump]


def pizza() -> Drawings:
    """A slice with crust and slices of sausage, or a whole pizza that is cut up."""
    slice_down = [
        line(22, 50, 128, 252, 234, 50),
        curve(22, 50, 70, 18, 128, 8, 186, 18, 234, 50),
        curve(36, 76, 80, 50, 128, 42, 176, 50, 220, 76),
        ellipse(96, 96, 17),
        ellipse(158, 98, 17),
        ellipse(128, 160, 17),
        *maybe(ellipse(128, 68, 4), ellipse(116, 130, 2)),
    ]
    cut = [
        ellipse(128, 128, 122),
        line(128, 6, 128, 250),
        line(6, 128, 250, 128),
        line(42, 42, 214, 214),
        line(214, 42, 42, 214),
        *maybe(ellipse(160, 60, 8), ellipse(90, 198, 8), ellipse(200, 160, 8), ellipse(60, 92, 8)),
    ]
    whole = [
        ellipse(128, 128, 124),
        ellipse(128, 128, 98),
        ellipse(92, 90, 17),
        ellipse(160, 86, 17),
        ellipse(84, 156, 17),
        ellipse(168, 160, 17),
        ellipse(128, 124, 13),
        *maybe(ellipse(126, 194, 13)),
    ]
    slice_side = [
        line(6, 150, 200, 60),
        line(6, 150, 226, 222),
        curve(200, 60, 244, 130, 226, 222),
        curve(178, 72, 216, 134, 202, 212),
        ellipse(140, 124, 17),
        ellipse(154, 170, 15),
        ellipse(88, 150, 13),
        *maybe(ellipse(186, 140, 4)),
    ]
    return [slice_down, cut, whole, slice_side]


def rollerskates() -> Drawings:
    """A boot on wheels."""
    boot = line(70, 10, 66, 176, 226, 176, 222, 128, 176, 104, 148, 96, 146, 10, 70, 10)
    classic = [
        boot,
        ellipse(98, 212, 26),
        ellipse(196, 212, 26),
        *maybe(line(130, 60, 150, 52), line(132, 84, 154, 78), line(70, 40, 146, 40)),
    ]
    plate = [
        curve(80, 8, 82, 80, 64, 120, 62, 172, 230, 172, 226, 132, 180, 116, 152, 92, 150, 8),
        line(80, 8, 150, 8),
        line(50, 184, 240, 184),
        ellipse(74, 212, 19),
        ellipse(122, 212, 19),
        ellipse(170, 212, 19),
        ellipse(216, 212, 19),
        *maybe(line(120, 52, 152, 48), line(126, 80, 152, 76)),
    ]
    quad = [
        curve(64, 16, 70, 90, 48, 150, 60, 180, 150, 176, 236, 178, 234, 140, 190, 122, 158, 100, 154, 14, 64, 16),
        line(84, 182, 84, 200),
        line(200, 182, 200, 200),
        ellipse(84, 224, 26),
        ellipse(200, 224, 26),
        *maybe(ellipse(84, 224, 4), ellipse(200, 224, 4), line(128, 46, 156, 38), line(130, 72, 158, 64)),
    ]
    return [classic, plate, quad]


def sea_turtle() -> Drawings:
    """A shell with plates, four flippers, a head and a short tail."""
    from_above = [
        ellipse(118, 128, 74, 58),
        ellipse(222, 128, 30, 21),
        curve(146, 74, 162, 22, 204, 2, 226, 26, 180, 92),
        curve(146, 182, 162, 234, 204, 254, 226, 230, 180, 164),
        curve(84, 78, 56, 34, 26, 36, 28, 62, 54, 98),
        curve(84, 178, 56, 222, 26, 220, 28, 194, 54, 158),
        line(44, 128, 18, 128),
        line(90, 96, 146, 96, 160, 128, 146, 160, 90, 160, 76, 128, 90, 96),
        *maybe(line(76, 128, 48, 128), line(146, 96, 160, 84), line(146, 160, 160, 172)),
    ]
    swimming = [
        curve(40, 150, 60, 84, 118, 62, 170, 86, 192, 150),
        curve(40, 150, 116, 168, 192, 150),
        loop(190, 140, 206, 100, 240, 94, 252, 118, 232, 142),
        loop(150, 160, 186, 178, 196, 226, 166, 222, 134, 168),
        loop(72, 160, 44, 172, 22, 210, 50, 208, 92, 168),
        ellipse(230, 114, 3),
        curve(84, 80, 96, 118, 84, 154),
        curve(146, 80, 134, 118, 148, 154),
        *maybe(line(96, 118, 134, 118), line(40, 150, 18, 160)),
    ]
    upward = [
        ellipse(128, 148, 62, 78),
        ellipse(128, 42, 24, 30),
        curve(84, 96, 40, 78, 4, 110, 22, 140, 74, 122),
        curve(172, 96, 216, 78, 252, 110, 234, 140, 182, 122),
        curve(84, 204, 50, 226, 62, 252, 100, 220),
        curve(172, 204, 206, 226, 194, 252, 156, 220),
        line(88, 112, 168, 184),
        line(168, 112, 88, 184),
        *maybe(line(66, 148, 190, 148), line(128, 226, 128, 248)),
    ]
    return [from_above, swimming, upward]


def sheep() -> Drawings:
    """A cloud on four legs with a smooth face."""
    grazing = [
        cloud(112, 118, 82, 52, 10),
        ellipse(222, 108, 28, 36),
        line(64, 174, 62, 236),
        line(92, 182, 92, 240),
        line(140, 182, 142, 240),
        line(168, 174, 170, 236),
        ellipse(226, 100, 3),
        *maybe(curve(202, 84, 184, 92, 190, 110), ellipse(12, 108, 14)),
    ]
    legged = [
        cloud(142, 110, 80, 56, 9),
        loop(58, 70, 30, 76, 4, 122, 26, 140, 58, 130, 76, 98),
        line(92, 172, 92, 240, 112, 240, 112, 178),
        line(172, 178, 172, 240, 192, 240, 192, 170),
        ellipse(42, 96, 3),
        *maybe(curve(64, 74, 90, 70, 88, 94), curve(16, 124, 28, 128, 36, 122)),
    ]
    tufted = [
        cloud(156, 134, 80, 52, 9),
        loop(46, 56, 82, 68, 80, 124, 48, 158, 14, 126, 10, 68),
        cloud(46, 40, 32, 16, 5),
        line(106, 188, 104, 250),
        line(136, 194, 136, 252),
        line(184, 192, 186, 252),
        line(214, 184, 216, 248),
        ellipse(32, 92, 4),
        ellipse(60, 92, 4),
        *maybe(curve(34, 124, 46, 130, 58, 124)),
    ]
    return [grazing, legged, tufted]


def snowflake() -> Drawings:
    """Six arms, each with a fork."""
    arms = [line(128, 4, 128, 252), line(20, 66, 236, 190), line(236, 66, 20, 190)]
    forks = [
        line(98, 22, 128, 52, 158, 22),
        line(98, 234, 128, 204, 158, 234),
        line(22, 104, 62, 92, 54, 52),
        line(234, 152, 194, 164, 202, 204),
        line(234, 104, 194, 92, 202, 52),
        line(22, 152, 62, 164, 54, 204),
    ]
    forked = [*arms, *forks]
    ring = [*arms, line(128, 84, 166, 106, 166, 150, 128, 172, 90, 150, 90, 106, 128, 84), *maybe(*forks)]
    cross = [
        line(128, 4, 128, 252),
        line(4, 128, 252, 128),
        line(44, 44, 212, 212),
        line(212, 44, 44, 212),
        line(104, 20, 128, 46, 152, 20),
        line(104, 236, 128, 210, 152, 236),
        line(20, 104, 46, 128, 20, 152),
        line(236, 104, 210, 128, 236, 152),
    ]
    return [forked, ring, cross]


def sun() -> Drawings:
    """A disc with rays all around, smiling or not."""
    rays = [
        line(128, 58, 128, 6),
        line(178, 78, 212, 44),
        line(198, 128, 250, 128),
        line(178, 178, 212, 212),
        line(128, 198, 128, 250),
        line(78, 178, 44, 212),
        line(58, 128, 6, 128),
        line(78, 78, 44, 44),
    ]
    plain = [ellipse(128, 128, 54), *maybe(*rays)]
    smiling = [
        ellipse(128, 128, 66),
        *rays,
        ellipse(108, 112, 4),
        ellipse(148, 112, 4),
        curve(98, 144, 128, 166, 158, 144),
    ]
    spiky = [
        ellipse(128, 128, 62),
        line(104, 62, 128, 6, 152, 62),
        line(168, 70, 224, 36, 190, 92),
        line(196, 104, 252, 128, 196, 152),
        line(190, 164, 224, 220, 166, 188),
        line(152, 194, 128, 250, 104, 194),
        line(88, 188, 32, 220, 66, 164),
        line(60, 152, 4, 128, 60, 104),
        line(66, 92, 32, 36, 90, 68),
    ]
    return [plain, smiling, spiky]


def swan() -> Drawings:
    """A neck like an S, a body like a boat, a folded wing."""
    swimming = [
        curve(10, 84, 36, 70, 40, 34, 70, 24, 92, 50, 80, 92, 58, 130, 54, 180, 100, 214, 180, 212, 228, 176, 248, 120),
        curve(248, 120, 200, 136, 160, 122, 120, 136, 92, 150),
        line(10, 84, 42, 78),
        curve(112, 160, 150, 190, 200, 160),
        *maybe(ellipse(66, 46, 2), curve(10, 236, 60, 224, 110, 238, 170, 226, 240, 238)),
    ]
    proud = [
        loop(60, 160, 84, 140, 150, 150, 190, 110, 246, 100, 224, 180, 170, 224, 96, 220),
        curve(62, 168, 56, 120, 96, 84, 94, 40, 66, 22, 42, 44),
        curve(88, 148, 90, 110, 122, 80, 122, 34, 88, 2, 50, 10, 42, 44),
        line(42, 32, 8, 56, 46, 52),
        *maybe(curve(120, 176, 150, 204, 206, 150), ellipse(66, 30, 2)),
    ]
    winged = [
        curve(20, 70, 44, 44, 70, 54, 72, 90, 46, 130, 50, 190, 110, 222, 190, 214, 244, 170),
        curve(244, 170, 200, 176, 150, 160, 106, 168),
        curve(106, 168, 120, 100, 170, 50, 226, 40, 196, 90, 236, 92, 200, 130, 232, 140, 190, 164),
        line(20, 70, 46, 70),
        *maybe(ellipse(56, 60, 2), line(6, 236, 250, 236)),
    ]
    return [swimming, proud, winged]


def the_eiffel_tower() -> Drawings:
    """Two legs that sweep up to a spire, floors between them, an arch below."""
    arched = [
        curve(128, 20, 118, 90, 98, 170, 58, 252),
        curve(128, 20, 138, 90, 158, 170, 198, 252),
        line(100, 164, 156, 164),
        line(112, 104, 144, 104),
        curve(88, 252, 100, 214, 128, 200, 156, 214, 168, 252),
        line(58, 252, 88, 252),
        line(168, 252, 198, 252),
        *maybe(line(128, 20, 128, 0), line(80, 204, 176, 204)),
    ]
    latticed = [
        line(122, 20, 112, 110, 70, 252),
        line(134, 20, 144, 110, 186, 252),
        line(108, 110, 148, 110),
        line(92, 176, 164, 176),
        line(112, 112, 162, 174),
        line(144, 112, 94, 174),
        line(94, 178, 182, 250),
        line(162, 178, 74, 250),
        line(128, 22, 128, 0),
    ]
    broad = [
        curve(124, 10, 120, 80, 96, 170, 30, 250),
        curve(132, 10, 136, 80, 160, 170, 226, 250),
        line(92, 176, 164, 176),
        line(76, 200, 180, 200),
        line(110, 120, 146, 120),
        curve(86, 250, 104, 222, 128, 216, 152, 222, 170, 250),
        *maybe(line(30, 250, 86, 250), line(170, 250, 226, 250), line(118, 70, 138, 70)),
    ]
    return [arched, latticed, broad]


def tractor() -> Drawings:
    """A large wheel behind, a small one in front, a cabin, a bonnet with a pipe."""
    classic = [
        ellipse(70, 182, 60),
        ellipse(212, 206, 36),
        line(52, 120, 52, 30, 132, 30, 140, 110),
        line(128, 110, 236, 110, 236, 170),
        line(130, 190, 176, 200),
        line(200, 110, 200, 56),
        ellipse(70, 182, 24),
        *maybe(ellipse(212, 206, 12), line(66, 104, 66, 48, 116, 48, 122, 104)),
    ]
    boxy = [
        ellipse(66, 186, 56),
        ellipse(208, 208, 34),
        line(24, 130, 24, 20, 124, 20, 124, 100, 244, 100, 244, 182),
        line(122, 190, 174, 202),
        line(42, 40, 104, 40, 104, 96, 42, 96, 42, 40),
        line(206, 100, 206, 44),
        *maybe(ellipse(66, 186, 10), ellipse(208, 208, 6)),
    ]
    driven = [
        ellipse(76, 178, 66),
        ellipse(76, 178, 26),
        ellipse(216, 210, 32),
        line(122, 120, 240, 116, 242, 180),
        line(142, 190, 184, 200),
        line(22, 40, 156, 40),
        line(40, 40, 40, 118),
        line(138, 40, 146, 120),
        line(212, 116, 212, 66),
        *maybe(ellipse(216, 210, 10)),
    ]
    return [classic, boxy, driven]


def train() -> Drawings:
    """A steam engine, or carriages in a row on small wheels."""
    steam = [
        line(20, 196, 20, 60, 100, 60, 100, 112, 226, 112, 226, 196, 20, 196),
        line(36, 78, 84, 78, 84, 114, 36, 114, 36, 78),
        line(184, 112, 178, 62, 216, 62, 210, 112),
        ellipse(56, 214, 26),
        ellipse(124, 214, 26),
        ellipse(192, 214, 26),
        line(226, 164, 254, 204, 226, 204),
        *maybe(cloud(180, 26, 26, 14, 5)),
    ]
    carriages = [
        line(4, 130, 4, 182, 76, 182, 76, 130, 4, 130),
        line(90, 130, 90, 182, 162, 182, 162, 130, 90, 130),
        line(176, 182, 176, 100, 208, 100, 208, 136, 252, 136, 252, 182, 176, 182),
        line(232, 136, 232, 108),
        line(76, 164, 90, 164),
        line(162, 164, 176, 164),
        ellipse(22, 196, 12),
        ellipse(58, 196, 12),
        ellipse(108, 196, 12),
        ellipse(144, 196, 12),
        ellipse(194, 196, 12),
        ellipse(234, 196, 12),
        *maybe(curve(232, 92, 214, 76, 222, 60, 200, 48)),
    ]
    express = [
        curve(4, 96, 190, 96, 232, 130, 250, 176, 4, 176),
        line(4, 96, 4, 176),
        line(22, 114, 54, 114, 54, 138, 22, 138, 22, 114),
        line(74, 114, 106, 114, 106, 138, 74, 138, 74, 114),
        line(126, 114, 158, 114, 158, 138, 126, 138, 126, 114),
        line(180, 114, 206, 116, 222, 140, 180, 140, 180, 114),
        ellipse(44, 190, 12),
        ellipse(92, 190, 12),
        ellipse(160, 190, 12),
        ellipse(206, 190, 12),
        *maybe(line(0, 208, 254, 208)),
    ]
    engine = [
        line(30, 186, 30, 50, 110, 50, 110, 186),
        line(110, 104, 220, 104, 220, 186, 30, 186),
        line(18, 50, 122, 50),
        line(50, 72, 90, 72, 90, 112, 50, 112, 50, 72),
        line(180, 104, 180, 56, 206, 56, 206, 104),
        ellipse(72, 210, 30),
        ellipse(150, 218, 20),
        ellipse(198, 218, 20),
        *maybe(curve(194, 44, 176, 30, 200, 18, 180, 2)),
    ]
    return [steam, carriages, express, engine]


def tree() -> Drawings:
    """A straight trunk below one round crown, or a fir."""
    round_one = [
        ellipse(128, 84, 84, 80),
        line(108, 160, 106, 252),
        line(148, 160, 150, 252),
        *maybe(line(60, 252, 196, 252)),
    ]
    leafy = [
        cloud(128, 84, 90, 66, 6),
        curve(112, 154, 112, 210, 92, 252),
        curve(146, 154, 146, 210, 166, 252),
        *maybe(ellipse(128, 200, 6, 9)),
    ]
    fir = [
        line(
            128, 4, 80, 76, 108, 76, 58, 146, 96, 146, 36, 216, 220, 216, 160, 146, 198, 146, 148, 76, 176, 76, 128, 4
        ),
        line(112, 216, 112, 254, 144, 254, 144, 216),
    ]
    tiers = [
        line(128, 4, 84, 84, 172, 84, 128, 4),
        line(116, 84, 64, 152, 192, 152, 140, 84),
        line(110, 152, 44, 216, 212, 216, 146, 152),
        line(116, 216, 116, 254, 142, 254, 142, 216),
    ]
    return [round_one, leafy, fir, tiers]


PROGRAMS = {
    "bee": bee,
    "bicycle": bicycle,
    "broccoli": broccoli,
    "butterfly": butterfly,
    "cactus": cactus,
    "frog": frog,
    "guitar": guitar,
    "lightning": lightning,
    "penguin": penguin,
    "pizza": pizza,
    "rollerskates": rollerskates,
    "sea turtle": sea_turtle,
    "sheep": sheep,
    "snowflake": snowflake,
    "sun": sun,
    "swan": swan,
    "The Eiffel Tower": the_eiffel_tower,
    "tractor": tractor,
    "train": train,
    "tree": tree,
}
