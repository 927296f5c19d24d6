using Krewe.Abstractions.Errors;
using Krewe.Grains.Interfaces.Serialization.Messages;

namespace Krewe.Grains.Interfaces.Serialization.Values;

/// <summary>Encodes an error's code, text and retry delay, never its cause or stack.</summary>
[RegisterConverter]
internal sealed class KreweExceptionConverter : IConverter<KreweException, KreweExceptionConverter.Surrogate>
{
    public KreweException ConvertFromSurrogate(in Surrogate surrogate) =>
        new(ErrorCodes.FromNumber(surrogate.Code), surrogate.Message) { RetryAfter = surrogate.RetryAfter };

    public Surrogate ConvertToSurrogate(in KreweException value) =>
        new() { Code = (int)value.Code, Message = value.Message, RetryAfter = value.RetryAfter };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public int Code;
        [Id(1)] public string Message;
        [Id(2)] public TimeSpan? RetryAfter;
    }
}
