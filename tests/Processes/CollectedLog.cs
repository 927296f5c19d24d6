using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Processes;

/// <summary>What tests ask a FakeLogCollector for: whatever is logged as an error, unless expected, fails a test.</summary>
public static class CollectedLog
{
    extension(FakeLogCollector log)
    {
        /// <summary>All lines, each with its exception.</summary>
        public IReadOnlyList<string> Lines => log.From(LogLevel.Trace);

        /// <summary>The lines of warnings and errors.</summary>
        public IReadOnlyList<string> Warnings => log.From(LogLevel.Warning);

        /// <summary>The lines of errors.</summary>
        public IReadOnlyList<string> Errors => log.From(LogLevel.Error);

        /// <summary>The numbers of the events.</summary>
        public IEnumerable<int> Ids => log.GetSnapshot().Select(static record => record.Id.Id);

        private IReadOnlyList<string> From(LogLevel level) => [.. log.GetSnapshot()
            .Where(record => record.Level >= level).Select(static record => $"{record.Message} {record.Exception}".TrimEnd())];
    }
}
