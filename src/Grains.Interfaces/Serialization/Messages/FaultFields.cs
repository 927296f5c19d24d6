using System.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Grains.Interfaces.Replicas;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>The wire form of a <see cref="ReplicaFault"/> within a reply.</summary>
internal static class FaultFields
{
    private const uint CodeField = 1;
    private const uint MessageField = 2;
    private const uint RetryAfterField = 3;
    private const uint TryElsewhereField = 4;
    private const uint StaleField = 5;

    public static void Write<TBufferWriter>(ref Writer<TBufferWriter> writer, ref uint last, uint id, ReplicaFault fault)
        where TBufferWriter : IBufferWriter<byte>
    {
        writer.WriteHeader(ref last, id, WireType.TagDelimited);
        uint inner = 0;
        writer.WriteNumber(ref inner, CodeField, (long)fault.Code);
        writer.WriteText(ref inner, MessageField, fault.Message);
        if (fault.RetryAfter is { } retryAfter)
        {
            writer.WriteTime(ref inner, RetryAfterField, retryAfter);
        }

        if (fault.TryElsewhere)
        {
            writer.WriteNumber(ref inner, TryElsewhereField, 1);
        }

        if (fault.IsStale)
        {
            writer.WriteNumber(ref inner, StaleField, 1);
        }

        writer.WriteEndObject();
    }

    public static ReplicaFault Read<TInput>(ref Reader<TInput> reader, Field field)
    {
        reader.BeginObject(field);
        var (code, message, retryAfter, tryElsewhere, isStale) = (KreweErrorCode.Internal, "", default(TimeSpan?), false, false);
        uint id = 0;
        while (reader.TryNextField(ref id, out var inner))
        {
            switch (id)
            {
                case CodeField:
                    code = ErrorCodes.FromNumber(reader.ReadNumber(inner));
                    break;
                case MessageField:
                    message = reader.ReadText(inner);
                    break;
                case RetryAfterField:
                    retryAfter = reader.ReadTime(inner);
                    break;
                case TryElsewhereField:
                    tryElsewhere = reader.ReadNumber(inner) != 0;
                    break;
                case StaleField:
                    isStale = reader.ReadNumber(inner) != 0;
                    break;
                default:
                    reader.SkipUnknown(inner);
                    break;
            }
        }

        return new ReplicaFault(code, message, retryAfter, tryElsewhere, isStale);
    }
}

/// <summary>The wire form of error codes: numbers.</summary>
internal static class ErrorCodes
{
    /// <summary>The code; an unknown one of a newer node becomes <see cref="KreweErrorCode.Internal"/>.</summary>
    public static KreweErrorCode FromNumber(long number) =>
        number is >= (long)KreweErrorCode.Internal and <= (long)KreweErrorCode.StorageFull ? (KreweErrorCode)number
            : KreweErrorCode.Internal;
}
