using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Replicas;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>
/// The codec of replies; copies the outputs once on each side. The grain has returned when a reply is written, so the first write releases
/// the outputs. A second write, after a broken connection, throws <see cref="ReplyLostException"/>.
/// </summary>
[RegisterSerializer]
internal sealed class ReplicaReplyCodec : IFieldCodec<ReplicaReply>
{
    private const uint SiloField = 1;
    private const uint ReplicasField = 2;
    private const uint FaultField = 3;
    private const uint ResponseField = 4;

    public void WriteField<TBufferWriter>(
        ref Writer<TBufferWriter> writer, uint fieldIdDelta, [AllowNull] Type expectedType, [AllowNull] ReplicaReply value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return;
        }

        if (!value.TrySpend())
        {
            throw new ReplyLostException("the reply was already sent and its memory released: retry the call");
        }

        try
        {
            writer.WriteStartObject(fieldIdDelta, expectedType, typeof(ReplicaReply));
            Write(ref writer, value);
            writer.WriteEndObject();
        }
        finally
        {
            value.Response?.Dispose();
        }
    }

    [return: MaybeNull]
    public ReplicaReply ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<ReplicaReply, TInput>(ref reader, field);
        }

        field.EnsureWireType(WireType.TagDelimited);
        var reference = ReferenceCodec.CreateRecordPlaceholder(reader.Session);
        var outputs = default(ReceivedTensors);
        try
        {
            var reply = Read(ref reader, ref outputs);
            ReferenceCodec.RecordObject(reader.Session, reply, reference);
            return reply;
        }
        catch
        {
            outputs.Buffer?.Dispose();
            throw;
        }
    }

    private static void Write<TBufferWriter>(ref Writer<TBufferWriter> writer, ReplicaReply reply)
        where TBufferWriter : IBufferWriter<byte>
    {
        uint last = 0;
        writer.WriteText(ref last, SiloField, reply.Silo);
        writer.WriteNumber(ref last, ReplicasField, reply.Replicas);
        if (reply.Fault is { } fault)
        {
            FaultFields.Write(ref writer, ref last, FaultField, fault);
        }

        if (reply.Response is { } response)
        {
            ResponseFields.Write(ref writer, ref last, ResponseField, response);
        }
    }

    private static ReplicaReply Read<TInput>(ref Reader<TInput> reader, ref ReceivedTensors outputs)
    {
        var (silo, replicas, fault, response) = ("", 0, default(ReplicaFault), default(InferenceResponse));
        uint id = 0;
        while (reader.TryNextField(ref id, out var field))
        {
            switch (id)
            {
                case SiloField:
                    silo = reader.ReadText(field);
                    break;
                case ReplicasField:
                    replicas = checked((int)reader.ReadNumber(field));
                    break;
                case FaultField:
                    fault = FaultFields.Read(ref reader, field);
                    break;
                case ResponseField:
                    response = ResponseFields.Read(ref reader, field, ref outputs);
                    break;
                default:
                    reader.SkipUnknown(field);
                    break;
            }
        }

        return new ReplicaReply { Silo = silo, Replicas = replicas, Fault = fault, Response = response };
    }
}

/// <summary>Within a process a reply is passed by reference; the receiver disposes it.</summary>
[RegisterCopier]
internal sealed class ReplicaReplyCopier : IDeepCopier<ReplicaReply>, IOptionalDeepCopier
{
    [return: NotNullIfNotNull(nameof(input))]
    public ReplicaReply? DeepCopy(ReplicaReply? input, CopyContext context) => input;

    public bool IsShallowCopyable() => true;
}

/// <summary>A reply was lost in transit, and its memory is released: the call may be retried, here or elsewhere.</summary>
[GenerateSerializer, Alias("krewe.reply-lost")]
public sealed class ReplyLostException(string message) : Exception(message);
