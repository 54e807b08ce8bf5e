import { notifications } from "@mantine/notifications";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { doLater, settleHeld, UNDO_MS } from "./undo";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(notifications, "show").mockReturnValue("");
});
afterEach(() => void vi.useRealTimers());

/** What the notice was given. */
function offer() {
  const shown = vi.mocked(notifications.show).mock.lastCall?.[0].message as unknown as {
    props: { held: { undo(): void; pause(): void; resume(): void } };
  };
  return shown.props.held;
}

describe("what cannot be taken back", () => {
  it("is_done_once_the_time_to_think_better_of_it_has_passed", async () => {
    const act = vi.fn(async () => {});
    doLater("a", "Deleted", act);
    // Asking for it twice does it once.
    doLater("a", "Deleted", act);
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
    expect(act).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(act).toHaveBeenCalledTimes(1);
    await settleHeld();
    expect(act).toHaveBeenCalledTimes(1);
  });

  it("is_not_done_when_it_was_taken_back", async () => {
    const act = vi.fn(async () => {});
    doLater("b", "Deleted", act);
    offer().undo();
    await vi.advanceTimersByTimeAsync(10 * UNDO_MS);
    await settleHeld();
    expect(act).not.toHaveBeenCalled();
  });

  it("waits_while_somebody_reads_the_notice", async () => {
    const act = vi.fn(async () => {});
    doLater("c", "Deleted", act);
    offer().pause();
    await vi.advanceTimersByTimeAsync(10 * UNDO_MS);
    expect(act).not.toHaveBeenCalled();
    offer().resume();
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(act).toHaveBeenCalledTimes(1);
  });

  it("is_done_before_somebody_logs_out", async () => {
    const act = vi.fn(async () => {});
    doLater("d", "Deleted", act);
    await settleHeld();
    expect(act).toHaveBeenCalledTimes(1);
  });
});
