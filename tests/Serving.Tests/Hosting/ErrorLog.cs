using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Tests.Hosting;

/// <summary>Records the log, so that a test can fail on an unexpected error.</summary>
internal sealed class ErrorLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();

    public IEnumerable<string> Errors => lines.Where(line => line.Level >= LogLevel.Error).Select(line => line.Text);

    public IEnumerable<string> All => lines.Select(line => line.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue((logLevel, $"{formatter(state, exception)} {exception}"));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
