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
/// Takes a reply to another process with one copy of its outputs on each side. The grain has returned by the time it is written,
/// and nobody else will let go of the outputs: the first writing does. So a second writing, after a connection broke, cannot be:
/// <see cref="ReplyLostException"/>.
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
            throw new ReplyLostException("this reply was sent before and its memory given back: the call has to be made again");
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

/// <summary>Within one process a reply is passed as it is, to a receiver who disposes it.</summary>
[RegisterCopier]
internal sealed class ReplicaReplyCopier : IDeepCopier<ReplicaReply>, IOptionalDeepCopier
{
    [return: NotNullIfNotNull(nameof(input))]
    public ReplicaReply? DeepCopy(ReplicaReply? input, CopyContext context) => input;

    public bool IsShallowCopyable() => true;
}

/// <summary>A reply was lost on its way, and its memory is given back: the same call may be made again, here or elsewhere.</summary>
[GenerateSerializer, Alias("krewe.reply-lost")]
public sealed class ReplyLostException(string message) : Exception(message);
