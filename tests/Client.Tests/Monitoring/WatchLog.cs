using System.Collections.Concurrent;
using Krewe.Client.Monitoring;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Tests.Monitoring;

/// <summary>Keeps what the watch logs.</summary>
internal sealed class WatchLog : ILogger<ClusterMonitor>
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();

    public string[] All => [.. lines.Select(line => line.Text)];

    public string[] Warnings => [.. lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Text)];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue((logLevel, formatter(state, exception)));
}
