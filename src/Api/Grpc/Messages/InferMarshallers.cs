using Grpc.Core;
using Krewe.Api.Grpc.Wire;
using Krewe.Api.Settings;

namespace Krewe.Api.Grpc.Messages;

/// <summary>How the two large messages are read and written, without the generated classes.</summary>
internal sealed class InferMarshallers(ApiLimits limits)
{
    /// <summary><c>ModelInferRequest</c>.</summary>
    public Marshaller<InferMessage> Request { get; } = new(
        static (_, _) => throw new NotSupportedException("requests are only read"),
        context => InferMessageReader.Read(context.PayloadAsReadOnlySequence(), limits));

    /// <summary><c>ModelInferResponse</c>.</summary>
    public Marshaller<InferReply> Reply { get; } = new(Write, NotRead);

    /// <summary><c>ModelStreamInferResponse</c>.</summary>
    public Marshaller<InferReply> StreamReply { get; } = new(WriteStreamed, NotRead);

    private static void Write(InferReply reply, SerializationContext context)
    {
        using (reply)
        {
            context.SetPayloadLength((int)reply.Size);
            var writer = new WireWriter(context.GetBufferWriter());
            reply.Write(ref writer);
            writer.Complete();
            context.Complete();
        }
    }

    private static void WriteStreamed(InferReply reply, SerializationContext context)
    {
        using (reply)
        {
            context.SetPayloadLength((int)(WireWriter.SizeOf(reply.Error ?? "") + WireWriter.SizeOf(reply.Size)));
            var writer = new WireWriter(context.GetBufferWriter());
            writer.Write(1, reply.Error ?? "");
            writer.Begin(2, reply.Size);
            reply.Write(ref writer);
            writer.Complete();
            context.Complete();
        }
    }

    private static InferReply NotRead(DeserializationContext context) => throw new NotSupportedException("answers are only written");
}
