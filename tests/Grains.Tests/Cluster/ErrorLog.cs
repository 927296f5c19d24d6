using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Tests.Cluster;

/// <summary>Remembers what the silos logged, so that a test can fail on an error nobody expected.</summary>
internal sealed class ErrorLog
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();

    public IEnumerable<string> Errors => lines.Where(line => line.Level >= LogLevel.Error).Select(line => line.Text);

    public IEnumerable<string> All => lines.Select(line => line.Text);

    /// <summary>The log of one silo, or of a gateway.</summary>
    internal sealed class OfSilo(ErrorLog log) : ILoggerProvider
    {
        /// <summary>A silo that is ended as a crash ends it says nothing any more.</summary>
        public bool IsMuted { get; set; }

        public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

        public void Dispose()
        {
        }

        private sealed class Writer(OfSilo silo, string category) : ILogger
        {
            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                silo.Add(logLevel, $"{category}: {formatter(state, exception)} {exception}");

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;
        }

        private void Add(LogLevel level, string text)
        {
            if (!IsMuted)
            {
                log.lines.Enqueue((level, text));
            }
        }
    }
}
