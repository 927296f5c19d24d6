namespace Krewe.Client.Breaking;

/// <summary>
/// Refuses calls to what keeps failing. After <see cref="Threshold"/> failures without a success between them it opens for a second;
/// then one call may try: where that succeeds it closes, where not it opens again, for twice as long, up to ten seconds.
/// </summary>
public sealed class CircuitBreaker(TimeProvider time)
{
    /// <summary>Failures in a row that open it.</summary>
    public const int Threshold = 20;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private readonly Lock gate = new();
    private TimeSpan pause = FirstPause;
    private int failures;
    private long openedAt;
    private bool isTrying;

    /// <summary>Open, or waiting for the word of one call that tries.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Why the last call failed.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>
    /// Whether a call may be made; where not, <paramref name="retryAfter"/> says when one may be. A permitted call ends in one of the three
    /// below.
    /// </summary>
    public bool TryEnter(out TimeSpan retryAfter)
    {
        lock (gate)
        {
            var left = IsOpen ? pause - time.GetElapsedTime(openedAt) : TimeSpan.Zero;
            retryAfter = left > TimeSpan.Zero ? left : FirstPause;
            if (!IsOpen)
            {
                return true;
            }

            var mayTry = left <= TimeSpan.Zero && !isTrying;
            isTrying |= mayTry;
            return mayTry;
        }
    }

    /// <summary>A call succeeded; true where that closed the circuit.</summary>
    public bool Succeeded()
    {
        lock (gate)
        {
            var closed = IsOpen;
            (IsOpen, isTrying, failures, pause) = (false, false, 0, FirstPause);
            return closed;
        }
    }

    /// <summary>A call failed through no fault of its caller; true where that opened the circuit.</summary>
    public bool Failed(string reason)
    {
        lock (gate)
        {
            Reason = reason;
            failures++;
            if (IsOpen ? !isTrying : failures < Threshold)
            {
                return false;
            }

            var opened = !IsOpen;
            pause = opened ? FirstPause : TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, pause.Ticks * 2));
            (IsOpen, isTrying, openedAt) = (true, false, time.GetTimestamp());
            return opened;
        }
    }

    /// <summary>A call ended without saying anything about the version: its caller gave up, or sent what no model takes.</summary>
    public void Ended()
    {
        lock (gate)
        {
            isTrying = false;
        }
    }
}
