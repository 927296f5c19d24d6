using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Inference;
using Krewe.Api.Settings;
using Krewe.Api.TensorJson;

namespace Krewe.Api.TensorFlowServing;

/// <summary>
/// Parses a prediction request, by row (<c>instances</c>) or by column (<c>inputs</c>). The model determines the types, the data the
/// shapes: the first item along each dimension determines its length.
/// </summary>
internal ref struct PredictRequestReader
{
    private readonly ModelMetadata metadata;
    private readonly ApiLimits limits;
    private readonly InferDraft draft;
    private JsonCursor cursor;

    private PredictRequestReader(ReadOnlySpan<byte> json, ModelMetadata metadata, ApiLimits limits, InferDraft draft)
    {
        (this.metadata, this.limits, this.draft) = (metadata, limits, draft);
        cursor = new JsonCursor(json);
    }

    /// <summary>Parses the whole body; the caller owns the tensors.</summary>
    public static IReadOnlyList<Tensor> Read(ReadOnlySpan<byte> json, ModelMetadata metadata, ApiLimits limits, out bool isByRow)
    {
        var draft = new InferDraft();
        try
        {
            isByRow = new PredictRequestReader(json, metadata, limits, draft).Read();
            return draft.Inputs;
        }
        catch
        {
            draft.Dispose();
            throw;
        }
    }

    private bool Read()
    {
        const int Instances = 0, Inputs = 1, Signature = 2;
        cursor.OpenObject("the request");
        var seen = new MemberSet("the request");
        bool? isByRow = null;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            var isInstances = name.SequenceEqual("instances"u8);
            if (isInstances || name.SequenceEqual("inputs"u8))
            {
                seen.Add(isInstances ? Instances : Inputs, isInstances ? "instances" : "inputs", cursor);
                isByRow = isByRow is null
                    ? isInstances
                    : throw cursor.Wrong("the request has 'instances' and 'inputs': expected one of them");
                ReadTensors(isInstances);
            }
            else if (name.SequenceEqual("signature_name"u8))
            {
                seen.Add(Signature, "signature_name", cursor);
                ReadSignature();
            }
            else
            {
                cursor.Skip();
            }
        }

        cursor.ExpectEnd("the request");
        return isByRow ?? throw KreweException.InvalidInput("the request has neither 'instances' nor 'inputs': expected one of them");
    }

    private void ReadSignature()
    {
        var name = cursor.ReadText("signature_name");
        if (name.Length > 0 && !name.SequenceEqual("serving_default"u8))
        {
            throw cursor.Wrong("signature_name: expected 'serving_default', the only signature of a model");
        }
    }

    private void ReadTensors(bool byRow)
    {
        if (!byRow)
        {
            ReadColumns();
            return;
        }

        cursor.Peek();
        var start = cursor.Position;
        cursor.OpenArray("instances");
        var first = cursor.Peek();
        if (first == ']')
        {
            throw cursor.Wrong("instances is empty: expected at least one instance");
        }

        if (first == '{' && !Base64Member.IsNext(cursor))
        {
            draft.Inputs.AddRange(new PredictRows(metadata, limits).Read(ref cursor));
            return;
        }

        cursor.Position = start;
        ReadWhole(OnlyInput("instances are plain values"));
    }

    private void ReadColumns()
    {
        if (cursor.Peek() != '{' || Base64Member.IsNext(cursor))
        {
            ReadWhole(OnlyInput("inputs is a plain value"));
            return;
        }

        cursor.OpenObject("inputs");
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            var spec = PredictInputs.Find(metadata, name, cursor);
            foreach (var other in draft.Inputs)
            {
                if (other.Name == spec.Name)
                {
                    throw cursor.Wrong($"input '{spec.Name}' appears twice: expected each input once");
                }
            }

            ReadWhole(spec);
        }
    }

    private void ReadWhole(TensorSpec spec)
    {
        Span<long> dimensions = stackalloc long[limits.MaxRank];
        cursor.Peek();
        var start = cursor.Position;
        var rank = PredictInputs.Probe(ref cursor, dimensions, 0);
        cursor.Position = start;
        ImmutableArray<long> shape = [.. dimensions[..rank]];
        var count = PredictInputs.CountWithin(limits, spec, shape.AsSpan(), cursor);
        draft.Inputs.Add(TensorDataReader.Read(ref cursor, spec.Name, spec.Type, shape, count, acceptsBase64: true));
    }

    private readonly TensorSpec OnlyInput(string situation) => metadata.Inputs is [var only]
        ? only
        : throw cursor.Wrong(
            $"{situation}, but model '{metadata.Model.Name}' has {metadata.Inputs.Length} inputs: expected an object by input name");
}
