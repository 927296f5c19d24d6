using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Logging;

/// <summary>
/// Limits the lines of each event, so that a caller who causes errors, warnings or messages fills neither the log nor a processor. What
/// differs from the lines before is still logged, within a wider limit, and the number of omitted lines is logged later.
/// </summary>
internal sealed class LogLimit : ILoggerProvider, ISupportExternalScope
{
    /// <summary>Lines of one event in a period: an error may have a stack trace.</summary>
    public const int MaxErrors = 20;
    public const int MaxMessages = 200;

    /// <summary>Further lines of one event in a period that differ from all lines before.</summary>
    public const int MaxDiffering = 100;

    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<(string Category, int Event), Lines> events = new();
    private readonly ILoggerProvider inner;
    private readonly TimeProvider time;
    private readonly ITimer reports;
    private int isReportDue;

    public LogLimit(ILoggerProvider inner, TimeProvider time)
    {
        (this.inner, this.time) = (inner, time);
        reports = time.CreateTimer(_ => Report(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, inner.CreateLogger(categoryName), categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => (inner as ISupportExternalScope)?.SetScopeProvider(scopeProvider);

    public void Dispose()
    {
        reports.Dispose();
        Report();
        inner.Dispose();
    }

    private void Report()
    {
        Volatile.Write(ref isReportDue, 0);
        foreach (var lines in events.Values)
        {
            lines.Report();
        }
    }

    private void ReportLater()
    {
        if (Interlocked.Exchange(ref isReportDue, 1) == 0)
        {
            reports.Change(Period, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class Logger(LogLimit limit, ILogger inner, string category) : ILogger
    {
        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel <= LogLevel.Debug || !inner.IsEnabled(logLevel))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
                return;
            }

            var lines = limit.events.GetOrAdd((category, eventId.Id), static (_, of) => new Lines(of.inner, of.time), (inner, limit.time));
            if (lines.MayLog(logLevel, eventId, exception is null ? formatter(state, null) : KindOf(exception)))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
            else
            {
                limit.ReportLater();
            }
        }

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        // Not the message: a caller may choose it.
        private static string KindOf(Exception exception) => exception.GetBaseException() is var cause
            ? $"{exception.GetType()} {cause.GetType()} {cause.TargetSite?.DeclaringType} {cause.TargetSite?.Name}"
            : "";
    }

    /// <summary>The lines of one event in the current period.</summary>
    private sealed class Lines(ILogger logger, TimeProvider time)
    {
        private readonly Lock gate = new();
        private readonly HashSet<string> kinds = [];
        private long since;
        private int logged;
        private (int Count, LogLevel Level, EventId Id) omitted;

        public bool MayLog(LogLevel level, EventId id, string kind)
        {
            lock (gate)
            {
                if (logged == 0 || time.GetElapsedTime(since) >= Period)
                {
                    (since, logged) = (time.GetTimestamp(), 0);
                    kinds.Clear();
                }

                var most = level >= LogLevel.Warning ? MaxErrors : MaxMessages;
                if (logged < most || (logged < most + MaxDiffering && !kinds.Contains(kind)))
                {
                    logged++;
                    kinds.Add(kind);
                    return true;
                }

                omitted = (omitted.Count + 1, level, id);
                return false;
            }
        }

        public void Report()
        {
            (int Count, LogLevel Level, EventId Id) told;
            lock (gate)
            {
                (told, omitted) = (omitted, default);
            }

            if (told.Count > 0)
            {
                logger.Log(told.Level, told.Id, told.Count, null, static (count, _) =>
                    $"{count} more lines of this event were omitted in the last {Period.TotalSeconds:0} s: it was logged too often");
            }
        }
    }
}
