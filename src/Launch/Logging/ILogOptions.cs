using Microsoft.Extensions.Logging;

namespace Krewe.Launch;

/// <summary>What can be set of a program's log.</summary>
internal interface ILogOptions
{
    /// <summary>True for one JSON object for each event, false for one line of text.</summary>
    bool JsonLogs { get; set; }

    /// <summary>The least level of event that is logged.</summary>
    LogLevel LogLevel { get; set; }
}
