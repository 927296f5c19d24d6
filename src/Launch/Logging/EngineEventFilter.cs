using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Logging;

/// <summary>
/// Lowers the events of <see cref="EngineEvents"/> to debug level before another provider logs them, and drops them above that level.
/// </summary>
internal sealed class EngineEventFilter(ILoggerProvider inner, bool wantsDebug) : ILoggerProvider, ISupportExternalScope
{
    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return EngineEvents.Of(categoryName) is { Length: > 0 } events ? new Logger(logger, events, wantsDebug) : logger;
    }

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => (inner as ISupportExternalScope)?.SetScopeProvider(scopeProvider);

    public void Dispose() => inner.Dispose();

    private sealed class Logger(ILogger inner, EngineEvent[] events, bool wantsDebug) : ILogger
    {
        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel <= LogLevel.Debug || !Array.Exists(events, known => known.Covers(eventId, exception)))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
            else if (wantsDebug)
            {
                inner.Log(LogLevel.Debug, eventId, state, exception, formatter);
            }
        }

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);
    }
}
