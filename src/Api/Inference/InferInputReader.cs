using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Api.BinaryTensors;
using Krewe.Api.Settings;
using Krewe.Api.TensorJson;

namespace Krewe.Api.Inference;

/// <summary>Parses one input. Members come in any order: data before type and shape is skipped and parsed later.</summary>
internal ref struct InferInputReader(ApiLimits limits, InferDraft draft, BinaryPart? binary)
{
    private const int None = -1;

    private string? name;
    private TensorType type;
    private ImmutableArray<long> shape;
    private long elementCount;
    private long binarySize = None;
    private int dataStart = None;
    private Tensor? tensor;

    /// <summary>Parses the input at the cursor.</summary>
    public Tensor Read(ref JsonCursor cursor)
    {
        try
        {
            return ReadMembers(ref cursor);
        }
        catch
        {
            tensor?.Dispose();
            throw;
        }
    }

    private Tensor ReadMembers(ref JsonCursor cursor)
    {
        var start = cursor.Position;
        cursor.OpenObject("an item of inputs");
        var seen = new MemberSet("an item of inputs");
        for (var first = true; cursor.NextMember(ref first, out var member);)
        {
            if (member.SequenceEqual("name"u8))
            {
                seen.Add(0, "name", cursor);
                ReadName(ref cursor);
            }
            else if (member.SequenceEqual("shape"u8))
            {
                seen.Add(1, "shape", cursor);
                ReadShape(ref cursor);
            }
            else if (member.SequenceEqual("datatype"u8))
            {
                seen.Add(2, "datatype", cursor);
                ReadType(ref cursor);
            }
            else if (member.SequenceEqual("data"u8))
            {
                seen.Add(3, "data", cursor);
                ReadOrKeepData(ref cursor);
            }
            else if (member.SequenceEqual("parameters"u8))
            {
                seen.Add(4, "parameters", cursor);
                ReadParameters(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }

        return Finish(ref cursor, start);
    }

    private Tensor Finish(ref JsonCursor cursor, int start)
    {
        var end = cursor.Position;
        cursor.Position = start;
        Require(cursor, name is not null, "name");
        Require(cursor, type != default, "datatype");
        Require(cursor, !shape.IsDefault, "shape");
        if (binarySize != None)
        {
            cursor.Position = end;
            return TakeBinary(cursor);
        }

        Require(cursor, dataStart != None, "data (or parameter 'binary_data_size')");
        if (tensor is null)
        {
            cursor.Position = dataStart;
            ReadData(ref cursor);
        }

        cursor.Position = end;
        return tensor!;
    }

    private readonly Tensor TakeBinary(scoped in JsonCursor cursor)
    {
        if (dataStart != None)
        {
            throw cursor.Wrong($"{Subject} has both 'data' and 'binary_data_size': expected one of them");
        }

        return binary is not null
            ? binary.Take(name!, type, shape, binarySize)
            : throw cursor.Wrong(
                $"{Subject} has 'binary_data_size': expected header {InferenceHeader.Name} with the length of the JSON part");
    }

    private readonly string Subject => name is null ? "an item of inputs" : $"input '{ErrorText.Quote(name)}'";

    private readonly void Require(scoped in JsonCursor cursor, bool isThere, string member)
    {
        if (!isThere)
        {
            throw cursor.Wrong($"{Subject} has no {member}: expected it");
        }
    }

    private void ReadName(ref JsonCursor cursor)
    {
        var text = cursor.ReadText("name of an input");
        if (text.Length > limits.MaxIdLength)
        {
            throw cursor.Wrong($"name of an input has {text.Length} bytes: expected at most {limits.MaxIdLength}");
        }

        name = NameCache.Shared.Get(text);
        foreach (var other in draft.Inputs)
        {
            if (other.Name == name)
            {
                throw cursor.Wrong($"{Subject} appears twice: expected each input once");
            }
        }
    }

    private void ReadType(ref JsonCursor cursor)
    {
        var text = cursor.ReadText("datatype of an input");
        if (text.Length > ErrorText.MaxQuoted || !TensorTypes.TryParse(NameCache.Shared.Get(text), out type))
        {
            var shown = ErrorText.Quote(System.Text.Encoding.UTF8.GetString(text[..Math.Min(text.Length, ErrorText.MaxQuoted)]));
            throw cursor.Wrong($"{Subject} has unknown datatype '{shown}': expected one of {TensorTypes.AllWireNames}");
        }
    }

    private void ReadShape(ref JsonCursor cursor)
    {
        var start = cursor.Position;
        Span<long> dimensions = stackalloc long[limits.MaxRank];
        var rank = 0;
        cursor.OpenArray("shape of an input");
        for (var first = true; cursor.NextItem(ref first); rank++)
        {
            if (rank == limits.MaxRank)
            {
                throw cursor.Wrong($"{Subject} has a shape of more than {limits.MaxRank} dimensions, the most that is accepted");
            }

            dimensions[rank] = cursor.ReadInteger("dimension of a shape", min: 0);
        }

        shape = ImmutableCollectionsMarshal.AsImmutableArray(dimensions[..rank].ToArray());
        if (!TensorShape.TryCountElements(shape.AsSpan(), out elementCount) || elementCount > limits.MaxElements)
        {
            cursor.Position = start;
            throw cursor.Wrong(
                $"{Subject} has shape {TensorShape.Format(shape)} with more than {limits.MaxElements} elements, the most that is accepted");
        }
    }

    private void ReadOrKeepData(ref JsonCursor cursor)
    {
        if (cursor.TryTakeNull())
        {
            return;
        }

        dataStart = cursor.Position;
        if (name is not null && type != default && !shape.IsDefault)
        {
            ReadData(ref cursor);
        }
        else
        {
            cursor.Skip();
        }
    }

    private void ReadData(ref JsonCursor cursor) =>
        tensor = TensorDataReader.Read(ref cursor, name!, type, shape, elementCount);

    private void ReadParameters(ref JsonCursor cursor)
    {
        if (cursor.TryTakeNull())
        {
            return;
        }

        cursor.OpenObject("parameters of an input");
        for (var first = true; cursor.NextMember(ref first, out var parameter);)
        {
            if (parameter.SequenceEqual("binary_data_size"u8))
            {
                binarySize = cursor.ReadInteger("parameter 'binary_data_size'", min: 0);
            }
            else if (parameter.SequenceEqual("shared_memory_region"u8))
            {
                throw cursor.Wrong($"{Subject} has parameter 'shared_memory_region': shared memory is not supported");
            }
            else
            {
                cursor.Skip();
            }
        }
    }
}
