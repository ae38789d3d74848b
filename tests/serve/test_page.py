"""The page in a real browser, headless Chromium: draw, go on, take back, links, two tabs, keys."""

import base64
import shutil

import numpy as np
import pytest

from serve.conftest import GUIDANCE, NAMES

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser():
    """A browser without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address):
    """A page of the server, in which no error may appear."""
    context = browser.new_context(accept_downloads=True)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto(f"http://localhost:{address[1]}/")
    page.locator("#label option").first.wait_for(state="attached")
    yield page
    context.close()
    assert not errors


def stroke(page, *points):
    """Draw a stroke with the mouse, in QuickDraw's coordinates."""
    box = page.locator("#sheet").bounding_box()
    places = [(box["x"] + (x + 24) / 304 * box["width"], box["y"] + (y + 24) / 304 * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def go_on(page):
    """Press the button, and wait for the versions."""
    page.click("#go")
    done(page)


def done(page):
    """Wait for the versions."""
    page.locator("#status", has_text="seed").wait_for()


def pixels(page, selector):
    """The pixels of a canvas, (H, W, 4)."""
    text, height, width = page.locator(selector).evaluate(
        "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "return [btoa(Array.from(d, (byte) => String.fromCharCode(byte)).join('')), c.height, c.width]; }"
    )
    return np.frombuffer(base64.b64decode(text), "uint8").reshape(height, width, 4)


def seen(page):
    """The pixels that the model sees, once the guesses have answered to the last stroke: drawings go before them."""
    page.locator("#guesses[aria-busy=false]").wait_for()
    return pixels(page, "#seen")


def versions(page):
    """The pixels of all versions."""
    count = page.locator("#results canvas").count()
    return np.stack([pixels(page, f"#results figure:nth-child({k + 1}) canvas") for k in range(count)])


def kept(page):
    """Number of rows that the model keeps."""
    return int(page.locator("#line").input_value())


def test_the_model_goes_on_below_the_drawing_and_changes_nothing_above(page):
    stroke(page, (30, 40), (220, 60))
    assert 2 < kept(page) < 8
    go_on(page)
    drawn, rows = versions(page), kept(page)
    assert drawn.shape == (4, 12, 12, 4)
    assert np.all(drawn[:, :rows] == seen(page)[:rows])
    assert np.all([len(np.unique(image[rows:])) > 20 for image in drawn])  # an untrained model draws noise
    assert len({image.tobytes() for image in drawn}) == 4


def test_bars_of_an_earlier_drawing_go_where_a_guess_is_refused(page):
    stroke(page, (40, 30), (200, 30))
    seen(page)
    page.route("**/api/classes", lambda route: route.fulfill(status=503, json={"error": "too many requests"}))
    stroke(page, (40, 90), (200, 90))
    seen(page)
    bars, texts = page.locator("#bars progress"), page.locator("#bars span:last-child")
    assert bars.evaluate_all("bars => bars.map(bar => bar.value)") == [0] * len(NAMES)
    assert texts.all_inner_texts() == [""] * len(NAMES)
    page.unroute("**/api/classes")
    stroke(page, (40, 150), (200, 150))
    seen(page)
    assert np.isclose(sum(bars.evaluate_all("bars => bars.map(bar => bar.value)")), 1)


def test_the_class_changes_what_is_drawn_and_bars_say_what_it_looks_like(page):
    stroke(page, (30, 40), (220, 60))
    go_on(page)
    of_bee = versions(page)
    page.select_option("#label", label="tree")
    go_on(page)
    assert not np.array_equal(versions(page), of_bee)
    assert page.locator("#bars li").count() == len(NAMES)
    bars = page.locator("#bars progress").evaluate_all("bars => bars.map(bar => bar.value)")
    assert np.isclose(sum(bars), 1)
    page.click("#bars li:nth-child(1) button")
    assert page.locator("#label").input_value() == "0" and pressed(page) == ["bee"]
    go_on(page)
    assert np.array_equal(versions(page), of_bee)


def pressed(page):
    """The classes that are shown as chosen."""
    return page.locator("#bars button[aria-pressed=true] span:first-child").all_inner_texts()


def test_the_page_begins_with_the_guidance_that_suits(page):
    assert page.locator("#guidance").input_value() == str(GUIDANCE)
    assert page.locator("output[for=guidance]").text_content() == str(GUIDANCE)
    stroke(page, (30, 40), (220, 60))
    with page.expect_request("**/api/draw") as asked:
        page.click("#go")
    assert asked.value.post_data_json["guidance"] == GUIDANCE


def test_undo_takes_back_strokes_and_what_was_adopted(page):
    blank = pixels(page, "#sheet")
    stroke(page, (30, 40), (220, 60))
    one = pixels(page, "#sheet")
    assert not np.array_equal(one, blank)
    stroke(page, (30, 90), (220, 90))
    page.click("#undo")
    assert np.array_equal(pixels(page, "#sheet"), one)
    go_on(page)
    page.click("#results figure:nth-child(2) button:nth-child(1)")
    assert not np.array_equal(pixels(page, "#sheet"), one)
    page.click("#undo")
    assert np.array_equal(pixels(page, "#sheet"), one)
    page.click("#clear")
    assert np.array_equal(pixels(page, "#sheet"), blank)


def test_a_link_draws_the_same_again_in_another_tab(page):
    stroke(page, (30, 40), (220, 60))
    page.select_option("#label", label="sun")
    page.locator("summary").click()
    page.fill("#seed", "77")
    go_on(page)
    drawn, link = versions(page), page.url
    assert "#" in link
    with page.context.expect_page() as opened:
        page.evaluate("() => window.open(document.getElementById('link').href)")
    other = opened.value
    done(other)
    assert np.array_equal(versions(other), drawn)
    assert other.locator("#label").input_value() == "1" and other.locator("#seed").input_value() == "77"
    assert pressed(other) == ["sun"]
    page.reload()
    done(page)
    assert np.array_equal(versions(page), drawn)


def test_a_link_that_does_not_fit_is_said_and_the_page_works(page, address):
    page.goto(f"http://localhost:{address[1]}/#nonsense")
    page.reload()
    page.locator("#status", has_text="does not fit").wait_for()
    stroke(page, (30, 40), (220, 60))
    go_on(page)


def test_a_brushed_region_is_drawn_anew_and_nothing_else(page):
    stroke(page, (30, 40), (220, 60))
    go_on(page)
    page.click("#results figure:nth-child(1) button:nth-child(1)")
    before = versions(page)[0]
    page.check("input[value=brush]")
    stroke(page, (100, 100), (160, 100))
    go_on(page)
    changed = np.any(versions(page) != before, axis=(0, 3))
    assert changed.any() and changed.sum() < 40
    rows, columns = np.nonzero(changed)
    assert rows.min() >= 3 and rows.max() <= 6 and columns.min() >= 3


def test_keys_draw_and_go_on(page):
    page.focus("#sheet")
    for key in ("Space", *["ArrowRight"] * 6, "Space", "Enter"):
        page.keyboard.press(key)
    done(page)
    assert seen(page)[..., :3].min() < 128
    page.focus("#sheet")
    page.keyboard.press("u")
    assert kept(page) == 0


def test_a_picture_can_be_kept(page, tmp_path):
    from PIL import Image

    stroke(page, (30, 40), (220, 60))
    go_on(page)
    with page.expect_download() as download:
        page.click("#results figure:nth-child(3) button:nth-child(2)")
    assert download.value.suggested_filename == "bee-1-3.png"
    download.value.save_as(tmp_path / "bee.png")
    with Image.open(tmp_path / "bee.png") as image:
        small = np.asarray(image.convert("RGB").resize((12, 12), Image.Resampling.NEAREST))
    assert np.array_equal(small, versions(page)[2][..., :3])


def test_a_drawing_that_is_given_up_half_way_makes_room_for_the_next(page):
    stroke(page, (30, 40), (220, 60))
    for _ in range(10):
        page.click("#go")
    done(page)
    page.click("#go")
    page.reload()
    page.locator("#label option").first.wait_for(state="attached")
    done(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(browser, address, scheme, width):
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(f"http://localhost:{address[1]}/")
    page.locator("#label option").first.wait_for(state="attached")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    paper = pixels(page, "#sheet")[2, 2, :3]
    assert (paper.mean() > 200) == (scheme == "light")
    page.close()
