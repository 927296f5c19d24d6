using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Api.BinaryTensors;
using Krewe.Api.Bodies;
using Krewe.Api.Settings;
using Krewe.Api.TensorJson;

namespace Krewe.Api.Inference;

/// <summary>Parses the JSON of an inference request, and the binary part after it.</summary>
internal ref struct InferRequestReader
{
    private readonly ApiLimits limits;
    private readonly InferDraft draft;
    private readonly BinaryPart? binary;
    private JsonCursor cursor;

    private InferRequestReader(ReadOnlySpan<byte> json, BinaryPart? binary, ApiLimits limits, InferDraft draft)
    {
        (this.limits, this.draft, this.binary) = (limits, draft, binary);
        cursor = new JsonCursor(json);
    }

    /// <summary>
    /// Parses a body. The call takes ownership of the body if an input references it; otherwise the body is disposed at once. On failure
    /// the caller keeps the body. <paramref name="routeKey"/> is the header's key, which takes precedence over the body's.
    /// </summary>
    public static InferCall Read(ModelReference model, RequestBody body, int? jsonLength, ApiLimits limits, string? routeKey = null)
    {
        var memory = body.Memory;
        if (jsonLength > memory.Length)
        {
            throw InferenceHeader.TooLong(jsonLength.Value, memory.Length);
        }

        var binary = jsonLength is { } length ? new BinaryPart(memory[length..]) : null;
        var draft = Read(memory.Span[..(jsonLength ?? memory.Length)], binary, limits);
        var isShared = binary?.IsShared == true;
        if (!isShared)
        {
            body.Dispose();
        }

        return ToCall(draft, draft.ToRequest(model, limits, routeKey, isShared ? body : null));
    }

    /// <summary>The same for JSON without a binary part, of which nothing is kept.</summary>
    public static InferCall Read(ModelReference model, ReadOnlySpan<byte> json, ApiLimits limits, string? routeKey)
    {
        var draft = Read(json, null, limits);
        return ToCall(draft, draft.ToRequest(model, limits, routeKey));
    }

    private static InferDraft Read(ReadOnlySpan<byte> json, BinaryPart? binary, ApiLimits limits)
    {
        var draft = new InferDraft();
        try
        {
            new InferRequestReader(json, binary, limits, draft).Read();
            return draft;
        }
        catch
        {
            draft.Dispose();
            throw;
        }
    }

    private static InferCall ToCall(InferDraft draft, InferenceRequest request) =>
        new(request, new OutputFormat(draft.BinaryByDefault, draft.Outputs, draft.OutputsInBinary, draft.BareWords));

    private void Read()
    {
        cursor.OpenObject("the request");
        var seen = new MemberSet("the request");
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (name.SequenceEqual("inputs"u8))
            {
                seen.Add(0, "inputs", cursor);
                ReadInputs();
            }
            else if (name.SequenceEqual("outputs"u8))
            {
                seen.Add(1, "outputs", cursor);
                ReadOutputs();
            }
            else if (name.SequenceEqual("parameters"u8))
            {
                seen.Add(2, "parameters", cursor);
                ReadParameters();
            }
            else if (name.SequenceEqual("id"u8))
            {
                seen.Add(3, "id", cursor);
                draft.Id = cursor.TryTakeNull() ? null : ReadName("id");
            }
            else
            {
                cursor.Skip();
            }
        }

        cursor.ExpectEnd("the request");
        seen.Require(0, "inputs");
        binary?.ExpectEnd();
    }

    private void ReadInputs()
    {
        cursor.OpenArray("inputs");
        for (var first = true; cursor.NextItem(ref first);)
        {
            ExpectRoom("inputs", draft.Inputs.Count);
            draft.Inputs.Add(new InferInputReader(limits, draft, binary).Read(ref cursor));
        }
    }

    private void ReadOutputs()
    {
        if (cursor.TryTakeNull())
        {
            return;
        }

        cursor.OpenArray("outputs");
        for (var first = true; cursor.NextItem(ref first);)
        {
            ExpectRoom("outputs", draft.Outputs.Count);
            ReadOutput();
        }
    }

    private void ReadOutput()
    {
        cursor.OpenObject("an item of outputs");
        var seen = new MemberSet("an item of outputs");
        string? output = null;
        bool? inBinary = null;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (name.SequenceEqual("name"u8))
            {
                seen.Add(0, "name", cursor);
                output = ReadName("name of an output");
            }
            else if (name.SequenceEqual("parameters"u8))
            {
                seen.Add(1, "parameters", cursor);
                inBinary = ReadOutputParameters();
            }
            else
            {
                cursor.Skip();
            }
        }

        seen.Require(0, "name");
        if (draft.Outputs.Contains(output!))
        {
            throw cursor.Wrong($"output '{ErrorText.Quote(output)}' is asked for twice: expected each output once");
        }

        draft.Outputs.Add(output!);
        draft.OutputsInBinary.Add(inBinary);
    }

    private bool? ReadOutputParameters()
    {
        bool? inBinary = null;
        if (cursor.TryTakeNull())
        {
            return inBinary;
        }

        cursor.OpenObject("parameters of an output");
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (name.SequenceEqual("binary_data"u8))
            {
                inBinary = cursor.ReadBoolean("parameter 'binary_data'");
            }
            else if (name.SequenceEqual("classification"u8) || name.SequenceEqual("shared_memory_region"u8))
            {
                // Ignoring these would return a different response than requested.
                throw cursor.Wrong($"output parameter '{NameCache.Shared.Get(name)}' is not supported");
            }
            else
            {
                cursor.Skip();
            }
        }

        return inBinary;
    }

    private void ReadParameters()
    {
        if (cursor.TryTakeNull())
        {
            return;
        }

        cursor.OpenObject("parameters");
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (name.SequenceEqual("timeout"u8))
            {
                draft.SetTimeout(cursor.ReadInteger("parameter 'timeout' (microseconds)", min: 0));
            }
            else if (name.SequenceEqual("binary_data_output"u8))
            {
                draft.BinaryByDefault = cursor.ReadBoolean("parameter 'binary_data_output'");
            }
            else if (name.SequenceEqual("bare_nan_output"u8))
            {
                draft.BareWords = cursor.ReadBoolean("parameter 'bare_nan_output'");
            }
            else if (name.SequenceEqual("route_key"u8))
            {
                draft.RouteKey = RouteKey.Read(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }
    }

    private string ReadName(string what)
    {
        var text = cursor.ReadText(what);
        return text.Length <= limits.MaxIdLength
            ? NameCache.Shared.Get(text)
            : throw cursor.Wrong($"{what} has {text.Length} bytes: expected at most {limits.MaxIdLength}");
    }

    private readonly void ExpectRoom(string what, int count)
    {
        if (count == limits.MaxTensors)
        {
            throw cursor.Wrong($"{what} has more than {limits.MaxTensors} items, the most that is accepted");
        }
    }
}
