using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class TrafficLedger
{
    [LoggerMessage(EventId = 185, Level = LogLevel.Information, Message = "Model {Model}: {What} (by {Actor}) {Why}")]
    private partial void LogChanged(ModelName model, string what, string actor, string why);

    [LoggerMessage(EventId = 186, Level = LogLevel.Information, Message = "Model {Model}: what was decided about its traffic can be read again")]
    private partial void LogMended(ModelName model);

    [LoggerMessage(EventId = 187, Level = LogLevel.Warning,
        Message = "Another process keeps its decisions in this folder of state, or nobody may write there: this process follows what it finds now and moves nothing itself")]
    private partial void LogNotOwner();
}
