using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Launch.Http;

/// <summary>Creates a sample <c>curl</c> call for an existing model, with inputs that match its signature.</summary>
public static class SampleCall
{
    /// <summary>The maximum number of models to inspect: inspecting one may read its file.</summary>
    private const int MaxModels = 32;

    /// <summary>The maximum number of values in a readable call.</summary>
    private const long MaxElements = 64;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The call; null if no model has only small FP32 inputs.</summary>
    public static async Task<string?> FindAsync(
        IModelHost host, IReadOnlyList<ModelVersionStatus> versions, Uri address, CancellationToken cancellationToken)
    {
        var names = versions.Where(version => version.IsServable).Select(version => version.Name).Distinct().Take(MaxModels);
        foreach (var name in names)
        {
            if (await TryGetAsync(host, name, cancellationToken) is { } metadata && IsSuitable(metadata))
            {
                return Write(address, metadata);
            }
        }

        return null;
    }

    internal static string Write(Uri address, ModelMetadata metadata)
    {
        // Escapes a quote for the shell: close the string, add an escaped quote, reopen it.
        var body = Body(metadata).Replace("'", "'\\''", StringComparison.Ordinal);
        return $"curl -s {address}v2/models/{metadata.Model.Name}/infer -d '{body}'";
    }

    private static bool IsSuitable(ModelMetadata metadata) =>
        metadata.Inputs.Length > 0
        && metadata.Inputs.All(static input => input.Type == TensorType.Float32)
        && metadata.Inputs.Sum(static input => Count(Concrete(input))) <= MaxElements;

    private static async Task<ModelMetadata?> TryGetAsync(IModelHost host, ModelName name, CancellationToken cancellationToken)
    {
        try
        {
            return await host.GetMetadataAsync(new ModelReference(name), cancellationToken);
        }
        catch (KreweException)
        {
            // A model without readable metadata is not a good sample; try the next one.
            return null;
        }
    }

    private static string Body(ModelMetadata metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteStartArray("inputs");
            foreach (var input in metadata.Inputs)
            {
                WriteInput(json, input);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteInput(Utf8JsonWriter json, TensorSpec input)
    {
        var shape = Concrete(input);
        json.WriteStartObject();
        json.WriteString("name", input.Name);
        json.WriteStartArray("shape");
        foreach (var dimension in shape)
        {
            json.WriteNumberValue(dimension);
        }

        json.WriteEndArray();
        json.WriteString("datatype", input.Type.WireName());
        json.WriteStartArray("data");
        for (var i = 0L; i < Count(shape); i++)
        {
            json.WriteNumberValue(0.5f);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static ImmutableArray<long> Concrete(TensorSpec input) => [.. input.Shape.Select(static dimension => Math.Max(dimension, 1))];

    private static long Count(ImmutableArray<long> shape) =>
        TensorShape.TryCountElements(shape.AsSpan(), out var count) ? Math.Min(count, MaxElements + 1) : MaxElements + 1;
}
