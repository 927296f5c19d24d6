using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Grpc.Wire;

namespace Krewe.Api.Grpc.Messages;

/// <summary>
/// The answer to an <see cref="InferMessage"/>: the outputs, which it owns until it is written, or in a stream an error. Its size is known
/// before it is written, so that it goes straight to the server's send buffers.
/// </summary>
internal sealed class InferReply : IDisposable
{
    // Frames have a signed length; what a stream adds to an answer fits too.
    private const long MaxSize = int.MaxValue - 1024;
    private readonly string id;
    private readonly bool isRaw;
    private readonly bool isFinal;
    private InferenceResponse? response;

    private InferReply(InferMessage message, InferenceResponse? response, string? error)
    {
        (id, isRaw, isFinal, this.response, Error) = (message.Draft.Id ?? "", message.IsRaw, message.WantsFinal, response, error);
        Model = response?.Model.Name.Value ?? message.Model;
        Version = response?.Model.Version.ToString() ?? message.Version;
        Size = Measure();
    }

    /// <summary>The model that answered, or that of a failed request.</summary>
    public string Model { get; }

    /// <summary>The version that answered, or that of a failed request.</summary>
    public string Version { get; }

    /// <summary>Why the request failed; null if it did not.</summary>
    public string? Error { get; }

    /// <summary>The size of the <c>ModelInferResponse</c>, in bytes.</summary>
    public long Size { get; }

    private IReadOnlyList<Tensor> Outputs => response?.Outputs ?? [];

    /// <summary>
    /// The answer with a response, which it takes over if it does not throw. Outputs are raw where the inputs were; those without another
    /// form are then an error of the caller.
    /// </summary>
    public static InferReply Of(InferMessage message, InferenceResponse response)
    {
        foreach (var output in response.Outputs)
        {
            if (!message.IsRaw && ContentsField.Of(output.Type) == 0)
            {
                throw KreweException.InvalidInput(
                    $"output '{output.Name}' is {output.Type.WireName()}, which has only raw contents: send the inputs in "
                        + "raw_input_contents");
            }
        }

        var reply = new InferReply(message, response, null);
        return reply.Size <= MaxSize
            ? reply
            : throw KreweException.PayloadTooLarge($"the answer has {reply.Size} bytes: a gRPC message has at most {MaxSize}");
    }

    /// <summary>The answer to a request of a stream that failed.</summary>
    public static InferReply Failed(InferMessage message, string error) => new(message, null, error);

    /// <summary>Writes the <c>ModelInferResponse</c>, of <see cref="Size"/> bytes.</summary>
    public void Write(ref WireWriter writer)
    {
        writer.Write(1, Model);
        writer.Write(2, Version);
        writer.Write(3, id);
        if (isFinal)
        {
            writer.Write(FinalParameter);
        }

        foreach (var output in Outputs)
        {
            writer.Begin(5, SizeOf(output));
            writer.Write(1, output.Name);
            writer.Write(2, output.Type.WireName());
            if (output.Shape.Length > 0)
            {
                writer.Begin(3, SizeOfShape(output));
                foreach (var dimension in output.Shape)
                {
                    writer.Write((ulong)dimension);
                }
            }

            if (!isRaw)
            {
                writer.Begin(5, ContentsWriter.SizeOf(output));
                ContentsWriter.Write(ref writer, output);
            }
        }

        for (var i = 0; isRaw && i < Outputs.Count; i++)
        {
            writer.Begin(6, Outputs[i].Data.Length);
            writer.Write(Outputs[i].Data.Span);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref response, null)?.Dispose();

    /// <summary>The entry <c>triton_final_response: true</c> of the parameters, field 4.</summary>
    private static ReadOnlySpan<byte> FinalParameter => "\x22\x1B\x0A\x15triton_final_response\x12\x02\x08\x01"u8;

    private long Measure()
    {
        var size = WireWriter.SizeOf(Model) + WireWriter.SizeOf(Version) + WireWriter.SizeOf(id) + (isFinal ? FinalParameter.Length : 0);
        foreach (var output in Outputs)
        {
            size += WireWriter.SizeOf(SizeOf(output)) + (isRaw ? WireWriter.SizeOf(output.Data.Length) : 0);
        }

        return size;
    }

    private long SizeOf(Tensor output) =>
        WireWriter.SizeOf(output.Name) + WireWriter.SizeOf(output.Type.WireName())
        + (output.Shape.Length > 0 ? WireWriter.SizeOf(SizeOfShape(output)) : 0)
        + (isRaw ? 0 : WireWriter.SizeOf(ContentsWriter.SizeOf(output)));

    private static long SizeOfShape(Tensor output)
    {
        var size = 0L;
        foreach (var dimension in output.Shape)
        {
            size += Google.Protobuf.CodedOutputStream.ComputeInt64Size(dimension);
        }

        return size;
    }
}
