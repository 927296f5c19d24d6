using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

internal sealed partial class InferenceRouter
{
    [LoggerMessage(EventId = 474, Level = LogLevel.Debug, Message = "Model {Model} cannot serve, {Other} answers in its place: {Reason}")]
    private partial void LogTookOther(ModelId model, ModelId other, string reason);
}
