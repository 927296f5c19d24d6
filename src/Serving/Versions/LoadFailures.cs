using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.Admission;
using Krewe.Serving.Statistics;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Versions;

/// <summary>Records loads that failed or were rejected, and fails calls until their backoff ends.</summary>
internal sealed partial class LoadFailures(
    SessionRegister register, ServingCounters counters, TimeProvider time, ILogger<LoadFailures> logger)
{
    private static readonly TimeSpan RetryWhenRefused = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryWhenOut = TimeSpan.FromSeconds(10);

    /// <summary>Throws if the version cannot be loaded now. Call with the version's gate held.</summary>
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

    /// <summary>Records why a load failed; returns the error for its callers.</summary>
    public KreweException Remember(ServedVersion version, Exception error) =>
        error is LoadRefusedException refused ? RememberRefusal(version, refused) : RememberFailure(version, error);

    /// <summary>Clears the recorded failures of a version. Call with its gate held.</summary>
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

    /// <summary>A rejection says nothing about the version itself: it is remembered briefly and not counted as a failure.</summary>
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
        var reason = error is KreweException ? error.Message : "an unexpected error; see the server's log";
        LogLoadFailed(error is KreweException ? null : error, version.Id, reason);
        lock (version.Gate)
        {
            version.Loading = null;
            if (error is KreweException { Code: KreweErrorCode.Overloaded } overloaded)
            {
                // Memory pressure is not the model's fault; nothing to record.
                return overloaded;
            }

            var failures = (version.Failure?.Count ?? 0) + 1;
            var backOff = LoadBackOff.After(failures);
            version.Failure = new LoadFailure(reason, failures, TimestampAfter(backOff));
            register.CountFailureChange();
            return version.Failure.ToError(version.Id, backOff);
        }
    }

    private long TimestampAfter(TimeSpan wait) => time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);

    [LoggerMessage(EventId = 151, Level = LogLevel.Warning, Message = "Failed to load model {Model}: {Reason}")]
    private partial void LogLoadFailed(Exception? error, ModelId model, string reason);

    [LoggerMessage(EventId = 152, Level = LogLevel.Warning, Message = "Load of model {Model} rejected: {Reason}")]
    private partial void LogLoadRefused(Exception? error, ModelId model, string reason);
}

/// <summary>Exponential backoff of failed loads: 1 s, doubling to 60 s.</summary>
internal static class LoadBackOff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>The backoff after this many consecutive failures, from 1.</summary>
    public static TimeSpan After(int failures) =>
        failures > 6 ? Longest : TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << (failures - 1)));
}
