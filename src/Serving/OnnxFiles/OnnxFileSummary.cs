using System.Collections.Immutable;

namespace Krewe.Serving.OnnxFiles;

/// <summary>The structure of an ONNX file, without weights.</summary>
internal sealed record OnnxFileSummary
{
    /// <summary>The graph's inputs that are not initializers, in order.</summary>
    public required ImmutableArray<OnnxValueInfo> Inputs { get; init; }

    /// <summary>The graph's outputs, in order.</summary>
    public required ImmutableArray<OnnxValueInfo> Outputs { get; init; }

    /// <summary>The external files that hold weights.</summary>
    public ImmutableArray<OnnxExternalFile> ExternalFiles { get; init; } = [];

    public string ProducerName { get; init; } = "";

    public long IrVersion { get; init; }

    /// <summary>The version of the standard operator set; 0 if the model does not import it.</summary>
    public long OpsetVersion { get; init; }

    /// <summary>The versions of all imported operator sets, by domain.</summary>
    public ImmutableDictionary<string, long> Opsets { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>The graph's nodes; null if beyond <see cref="OnnxLimits.GraphBytes"/> or malformed.</summary>
    public OnnxGraph? Graph { get; init; }

    /// <summary>Functions (custom operators as graphs) defined in the model.</summary>
    public ImmutableArray<OnnxFunction> Functions { get; init; } = [];
}
