namespace Krewe.Client.Breaking;

/// <summary>
/// A circuit breaker. After <see cref="Threshold"/> failures in a row it opens for a second; then it is half-open and lets one call try. A
/// success closes it; a failure opens it again for twice as long, up to ten seconds.
/// </summary>
public sealed class CircuitBreaker(TimeProvider time)
{
    /// <summary>Consecutive failures that open it.</summary>
    public const int Threshold = 20;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private readonly Lock gate = new();
    private TimeSpan pause = FirstPause;
    private int failures;
    private long openedAt;
    private bool isProbing;

    /// <summary>True while open or half-open.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Why the last call failed.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>
    /// Whether a call may be made; if not, <paramref name="retryAfter"/> says when. An admitted call must end in <see cref="Succeeded"/>,
    /// <see cref="Failed"/> or <see cref="Ended"/>.
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

            var mayProbe = left <= TimeSpan.Zero && !isProbing;
            isProbing |= mayProbe;
            return mayProbe;
        }
    }

    /// <summary>Records a success; true if that closed the circuit.</summary>
    public bool Succeeded()
    {
        lock (gate)
        {
            var closed = IsOpen;
            (IsOpen, isProbing, failures, pause) = (false, false, 0, FirstPause);
            return closed;
        }
    }

    /// <summary>Records a failure that is not the caller's fault; true if that opened the circuit.</summary>
    public bool Failed(string reason)
    {
        lock (gate)
        {
            Reason = reason;
            failures++;
            if (IsOpen ? !isProbing : failures < Threshold)
            {
                return false;
            }

            var opened = !IsOpen;
            pause = opened ? FirstPause : TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, pause.Ticks * 2));
            (IsOpen, isProbing, openedAt) = (true, false, time.GetTimestamp());
            return opened;
        }
    }

    /// <summary>Records an end that says nothing about the version: cancelled, or invalid input.</summary>
    public void Ended()
    {
        lock (gate)
        {
            isProbing = false;
        }
    }
}
