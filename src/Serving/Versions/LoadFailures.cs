using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.Admission;
using Krewe.Serving.Statistics;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Versions;

/// <summary>What is remembered of loads that failed or were refused, and what it means for the callers who come next.</summary>
internal sealed partial class LoadFailures(
    SessionRegister register, ServingCounters counters, TimeProvider time, ILogger<LoadFailures> logger)
{
    private static readonly TimeSpan RetryWhenRefused = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryWhenOut = TimeSpan.FromSeconds(10);

    /// <summary>Throws the error for a caller where the version cannot be loaded now. Under the version's gate.</summary>
    public void ThrowIfNotServable(ServedVersion version)
    {
        if (version.Artifact.Error is { } error)
        {
            throw new LoadFailure(error, 1, 0).ToError(version.Id, RetryWhenOut);
        }

        if (version.Exclusion is { } exclusion)
        {
            throw exclusion.ToError(version.Id);
        }

        ThrowIfInForce(version, version.Refusal);
        ThrowIfInForce(version, version.Failure);
    }

    /// <summary>Remembers why a load ended without a session; the error for those who waited for it.</summary>
    public KreweException Remember(ServedVersion version, Exception error) =>
        error is LoadRefusedException refused ? RememberRefusal(version, refused) : RememberFailure(version, error);

    /// <summary>The version starts with a clean record. Under its gate.</summary>
    public void Forget(ServedVersion version)
    {
        version.Refusal = null;
        if (version.Failure is not null)
        {
            version.Failure = null;
            register.CountFailureChange();
        }
    }

    private void ThrowIfInForce(ServedVersion version, LoadFailure? failure)
    {
        if (failure is not null && time.GetElapsedTime(time.GetTimestamp(), failure.RetryAt) is var left && left > TimeSpan.Zero)
        {
            throw failure.ToError(version.Id, left);
        }
    }

    /// <summary>The version itself may be good: what is remembered is over soon, and not counted against it.</summary>
    private KreweException RememberRefusal(ServedVersion version, LoadRefusedException refused)
    {
        LogLoadRefused(refused.InnerException is KreweException ? null : refused.InnerException, version.Id, refused.Message);
        lock (version.Gate)
        {
            version.Loading = null;
            version.Refusal = new LoadFailure(refused.Message, 1, TimestampAfter(RetryWhenRefused));
            return version.Refusal.ToError(version.Id, RetryWhenRefused);
        }
    }

    private KreweException RememberFailure(ServedVersion version, Exception error)
    {
        counters.AddLoadFailure();
        var reason = error is KreweException ? error.Message : "an unexpected error, described in the server's log";
        LogLoadFailed(error is KreweException ? null : error, version.Id, reason);
        lock (version.Gate)
        {
            version.Loading = null;
            if (error is KreweException { Code: KreweErrorCode.Overloaded } noRoom)
            {
                // Not the model's fault, and nothing to remember.
                return noRoom;
            }

            var failures = (version.Failure?.Count ?? 0) + 1;
            var backOff = LoadBackOff.After(failures);
            version.Failure = new LoadFailure(reason, failures, TimestampAfter(backOff));
            register.CountFailureChange();
            return version.Failure.ToError(version.Id, backOff);
        }
    }

    private long TimestampAfter(TimeSpan wait) => time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);

    [LoggerMessage(EventId = 151, Level = LogLevel.Warning, Message = "Model {Model} could not be loaded: {Reason}")]
    private partial void LogLoadFailed(Exception? error, ModelId model, string reason);

    [LoggerMessage(EventId = 152, Level = LogLevel.Warning, Message = "Model {Model} is not loaded now: {Reason}")]
    private partial void LogLoadRefused(Exception? error, ModelId model, string reason);
}

/// <summary>After how long a failed load is worth another try: 1 s, doubling to 60 s.</summary>
internal static class LoadBackOff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>The wait after so many failures in a row, the first being 1.</summary>
    public static TimeSpan After(int failures) =>
        failures > 6 ? Longest : TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << (failures - 1)));
}
