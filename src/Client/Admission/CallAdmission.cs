using Krewe.Abstractions.Errors;
using Krewe.Client.Counters;
using Krewe.Client.Endpoints;
using Krewe.Client.Settings;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Admission;

/// <summary>
/// Backpressure at the caller: bounds this process's inferences under way and the bytes of their inputs, and refuses the excess at once.
/// </summary>
public sealed partial class CallAdmission(
    ClusterCallOptions options, RoutingCounters counters, TimeProvider time, ILogger<CallAdmission> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLogLines = TimeSpan.FromSeconds(10);
    private int outstanding;
    private long inputBytes;
    private long loggedAt;

    /// <summary>Inferences under way.</summary>
    public int Outstanding => Volatile.Read(ref outstanding);

    /// <summary>Bytes of the inputs of inferences under way.</summary>
    public long InputBytes => Volatile.Read(ref inputBytes);

    /// <summary>
    /// Admits a call until <see cref="Leave"/>; returns <see cref="KreweErrorCode.Overloaded"/> past a limit.
    /// </summary>
    public KreweException? Enter(VersionTraffic traffic, long bytes)
    {
        var inAll = Interlocked.Increment(ref outstanding);
        var ofVersion = Interlocked.Increment(ref traffic.Outstanding);
        var held = Interlocked.Add(ref inputBytes, bytes);
        var refusal =
            inAll > options.MaxOutstanding ? "too many requests are under way"
            : ofVersion > options.MaxOutstandingPerVersion ? $"too many requests for model '{traffic.Id}' are under way"
            : held > options.MaxInputBytes && held > bytes ? "the requests under way hold as much memory as they may"
            : null;
        if (refusal is null)
        {
            return null;
        }

        Leave(traffic, bytes);
        counters.AddShed();
        Log(refusal);
        return KreweException.Overloaded(refusal, RetryAfter);
    }

    public void Leave(VersionTraffic traffic, long bytes)
    {
        Interlocked.Decrement(ref outstanding);
        Interlocked.Decrement(ref traffic.Outstanding);
        Interlocked.Add(ref inputBytes, -bytes);
    }

    private void Log(string refusal)
    {
        var (now, last) = (time.GetTimestamp(), Volatile.Read(ref loggedAt));
        if ((last == 0 || time.GetElapsedTime(last, now) >= BetweenLogLines)
            && Interlocked.CompareExchange(ref loggedAt, now, last) == last)
        {
            LogShedding(refusal, Outstanding, InputBytes);
        }
    }

    [LoggerMessage(EventId = 470, Level = LogLevel.Warning,
        Message = "Requests are refused: {Refusal} ({Outstanding} under way, {Bytes} bytes of inputs); logged at most every ten seconds")]
    private partial void LogShedding(string refusal, int outstanding, long bytes);
}
