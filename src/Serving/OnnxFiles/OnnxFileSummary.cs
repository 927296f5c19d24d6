using System.Collections.Immutable;

namespace Krewe.Serving.OnnxFiles;

/// <summary>What an ONNX file says of itself, without its weights.</summary>
internal sealed record OnnxFileSummary
{
    /// <summary>The graph's inputs that are no initializers, in order.</summary>
    public required ImmutableArray<OnnxValueInfo> Inputs { get; init; }

    /// <summary>The graph's outputs, in order.</summary>
    public required ImmutableArray<OnnxValueInfo> Outputs { get; init; }

    /// <summary>The files its weights lie in besides itself.</summary>
    public ImmutableArray<OnnxExternalFile> ExternalFiles { get; init; } = [];

    /// <summary>The locations of <see cref="ExternalFiles"/>.</summary>
    public ImmutableArray<string> ExternalDataLocations => [.. ExternalFiles.Select(file => file.Location)];

    public string ProducerName { get; init; } = "";

    public long IrVersion { get; init; }

    /// <summary>The version of the standard operator set; 0 where the model draws on none.</summary>
    public long OpsetVersion { get; init; }

    /// <summary>The versions of all operator sets it draws on, by domain.</summary>
    public ImmutableDictionary<string, long> Opsets { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>The graph's nodes; null where they are beyond <see cref="OnnxLimits.GraphBytes"/> or not well formed.</summary>
    public OnnxGraph? Graph { get; init; }

    /// <summary>The operators that the model brings itself.</summary>
    public ImmutableArray<OnnxFunction> Functions { get; init; } = [];
}
