using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Tests.Models;

/// <summary>Keeps the errors that silos log, so that a test fails on one nobody expected.</summary>
internal sealed class SiloErrors : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error)
        {
            Lines.Enqueue($"{formatter(state, exception)} {exception}");
        }
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
