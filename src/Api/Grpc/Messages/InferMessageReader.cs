using System.Buffers;
using System.Collections.Immutable;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Api.BinaryTensors;
using Krewe.Api.Grpc.Wire;
using Krewe.Api.Inference;
using Krewe.Api.Settings;

namespace Krewe.Api.Grpc.Messages;

/// <summary>
/// Reads a <c>ModelInferRequest</c> from the server's receive buffers: each input is copied once, into aligned pooled memory, which the run
/// reads. Unknown fields and parameters are skipped.
/// </summary>
internal ref struct InferMessageReader
{
    private const int RawContents = 7;
    private readonly ApiLimits limits;
    private readonly InferMessage message;
    private readonly InferDraft draft;
    private WireReader reader;
    private WireReader raw;

    private InferMessageReader(ReadOnlySequence<byte> payload, ApiLimits limits, InferMessage message)
    {
        (this.limits, this.message, draft) = (limits, message, message.Draft);
        reader = raw = new WireReader(payload);
    }

    /// <summary>Reads a message; an invalid one has a <see cref="InferMessage.Fault"/> and owns nothing.</summary>
    public static InferMessage Read(ReadOnlySequence<byte> payload, ApiLimits limits)
    {
        var message = new InferMessage();
        try
        {
            new InferMessageReader(payload, limits, message).Read();
        }
        catch (KreweException fault)
        {
            message.Draft.Dispose();
            message.Fault = fault;
        }

        return message;
    }

    private void Read()
    {
        var probe = raw;
        message.IsRaw = NextRaw(ref probe);
        while (reader.NextField(out var field))
        {
            switch (field)
            {
                case (1, WireType.Bytes): message.Model = reader.ReadName("model_name", limits.MaxIdLength); break;
                case (2, WireType.Bytes): message.Version = reader.ReadName("model_version", limits.MaxIdLength); break;
                case (3, WireType.Bytes): draft.Id = reader.ReadName("id", limits.MaxIdLength); break;
                case (4, WireType.Bytes): ReadParameter(); break;
                case (5, WireType.Bytes): ReadInput(); break;
                case (6, WireType.Bytes): ReadOutput(); break;
                default: reader.Skip(field.Type); break;
            }
        }

        if (message.IsRaw && NextRaw(ref raw))
        {
            throw KreweException.InvalidInput($"raw_input_contents has more items than inputs, which has {draft.Inputs.Count}");
        }
    }

    private void ReadParameter()
    {
        var value = WireParameter.Read(ref reader, out var name);
        switch (name)
        {
            case "timeout":
                draft.SetTimeout(value is { Kind: ParameterKind.Integer, Integer: >= 0 }
                    ? value.Integer
                    : throw KreweException.InvalidInput("parameter 'timeout' (microseconds) is not an integer of 0 or more"));
                break;
            case "route_key":
                draft.RouteKey = value.Kind switch
                {
                    ParameterKind.Text => RouteKey.Of(value.Text!),
                    ParameterKind.Integer => RouteKey.Of(value.Integer),
                    _ => throw KreweException.InvalidInput("parameter 'route_key' is neither a string nor an integer of 64 bits"),
                };
                break;
            case "triton_enable_empty_final_response":
                message.WantsFinal = value is { Kind: ParameterKind.Boolean, Integer: 1 };
                break;
            default:
                break;
        }
    }

    private void ReadInput()
    {
        ExpectRoom("inputs", draft.Inputs.Count);
        var outer = reader.Enter();
        var input = reader;
        var (name, type, hasContents) = ("", default(TensorType), false);
        Span<long> dimensions = stackalloc long[limits.MaxRank];
        var rank = 0;
        while (reader.NextField(out var field))
        {
            switch (field)
            {
                case (1, WireType.Bytes): name = reader.ReadName("name of an input", limits.MaxIdLength); break;
                case (2, WireType.Bytes): type = ReadType(name); break;
                case (3, WireType.Varint): AddDimension(dimensions, ref rank, name); break;
                case (3, WireType.Bytes): AddDimensions(dimensions, ref rank, name); break;
                case (4, WireType.Bytes): RefuseUnsupported($"input '{ErrorText.Quote(name)}'"); break;
                default:
                    hasContents |= field is (5, WireType.Bytes);
                    reader.Skip(field.Type);
                    break;
            }
        }

        reader.Leave(outer);
        CheckInput(name, type);
        ImmutableArray<long> shape = [.. dimensions[..rank]];
        if (!TensorShape.TryCountElements(shape.AsSpan(), out var count) || count > limits.MaxElements)
        {
            throw Wrong(name, $"has shape {TensorShape.Format(shape)}, expected dimensions of 0 or more and at most {limits.MaxElements} "
                + "elements");
        }

        if (message.IsRaw && hasContents)
        {
            throw Wrong(name, "has contents, and the request has raw_input_contents: expected one of them");
        }

        draft.Inputs.Add(message.IsRaw ? TakeRaw(name, type, shape) : ContentsReader.Read(input, name, type, shape, count));
    }

    private readonly void CheckInput(string name, TensorType type)
    {
        if (name.Length == 0)
        {
            throw KreweException.InvalidInput("an item of inputs has no name: expected it");
        }

        if (type == default)
        {
            throw Wrong(name, "has no datatype: expected it");
        }

        foreach (var other in draft.Inputs)
        {
            if (other.Name == name)
            {
                throw Wrong(name, "appears twice: expected each input once");
            }
        }
    }

    private TensorType ReadType(string name)
    {
        var text = reader.ReadName("datatype of an input", ErrorText.MaxQuoted);
        return TensorTypes.TryParse(text, out var type)
            ? type
            : throw Wrong(name, $"has unknown datatype '{ErrorText.Quote(text)}': expected one of {TensorTypes.AllWireNames}");
    }

    private void AddDimensions(scoped Span<long> dimensions, ref int rank, string name)
    {
        var outer = reader.Enter();
        while (reader.Left > 0)
        {
            AddDimension(dimensions, ref rank, name);
        }

        reader.Leave(outer);
    }

    private void AddDimension(scoped Span<long> dimensions, ref int rank, string name)
    {
        var dimension = (long)reader.ReadVarint();
        if (rank == dimensions.Length)
        {
            throw Wrong(name, $"has a shape of more than {dimensions.Length} dimensions, the most that is accepted");
        }

        dimensions[rank++] = dimension;
    }

    private Tensor TakeRaw(string name, TensorType type, ImmutableArray<long> shape)
    {
        if (!NextRaw(ref raw))
        {
            throw Wrong(name, "has no item in raw_input_contents: expected one for each input");
        }

        var buffer = PooledBuffer.Rent(raw.ReadLength());
        try
        {
            raw.CopyTo(buffer.Span);
            BinaryPart.CheckBool(name, type, buffer.Span);
            return Tensor.Create(name, type, shape, buffer.Memory, buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private static bool NextRaw(ref WireReader reader)
    {
        while (reader.NextField(out var field))
        {
            if (field is (RawContents, WireType.Bytes))
            {
                return true;
            }

            reader.Skip(field.Type);
        }

        return false;
    }

    private void ReadOutput()
    {
        ExpectRoom("outputs", draft.Outputs.Count);
        var outer = reader.Enter();
        var name = "";
        while (reader.NextField(out var field))
        {
            switch (field)
            {
                case (1, WireType.Bytes): name = reader.ReadName("name of an output", limits.MaxIdLength); break;
                case (2, WireType.Bytes): RefuseUnsupported("output"); break;
                default: reader.Skip(field.Type); break;
            }
        }

        reader.Leave(outer);
        draft.Outputs.Add(name.Length == 0 ? throw KreweException.InvalidInput("an item of outputs has no name: expected it")
            : draft.Outputs.Contains(name)
                ? throw KreweException.InvalidInput($"output '{ErrorText.Quote(name)}' is asked for twice: expected each output once")
            : name);
    }

    /// <summary>Ignoring these would return a different response than requested.</summary>
    private void RefuseUnsupported(string subject)
    {
        WireParameter.Read(ref reader, out var name);
        if (name is "classification" or "shared_memory_region")
        {
            throw new KreweException(KreweErrorCode.InvalidInput, $"{subject} has parameter '{name}', which is not supported");
        }
    }

    private readonly void ExpectRoom(string what, int count)
    {
        if (count == limits.MaxTensors)
        {
            throw KreweException.InvalidInput($"{what} has more than {limits.MaxTensors} items, the most that is accepted");
        }
    }

    private static KreweException Wrong(string name, string what) =>
        KreweException.InvalidInput(name.Length == 0 ? $"an item of inputs {what}" : $"input '{ErrorText.Quote(name)}' {what}");
}
