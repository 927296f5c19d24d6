namespace Krewe.Processes;

/// <summary>A cluster for a test.</summary>
public sealed record ClusterOptions
{
    /// <summary>The folder of models, the same for all silos.</summary>
    public required string Models { get; init; }

    /// <summary>Folders of models where silos have different ones, by number; the others have <see cref="Models"/>.</summary>
    public IReadOnlyDictionary<int, string>? ModelsOfSilos { get; init; }

    /// <summary>Silos to start.</summary>
    public int Silos { get; init; } = 3;

    /// <summary>Gateways to start.</summary>
    public int Gateways { get; init; } = 1;

    /// <summary>More options for every silo.</summary>
    public IReadOnlyList<string> SiloOptions { get; init; } = [];

    /// <summary>More options for every gateway.</summary>
    public IReadOnlyList<string> GatewayOptions { get; init; } = [];

    /// <summary>The admin key of gateways that ask for one; null where they do not.</summary>
    public string? AdminKey { get; init; }

    /// <summary>Variables for all processes; with null to take away.</summary>
    public IReadOnlyDictionary<string, string?>? Environment { get; init; }

    /// <summary>The machines of <c>silo-1</c>, <c>gateway-1</c> and so on; null where all run here. The admin ports stay on loopback there.</summary>
    public IReadOnlyDictionary<string, Machine>? Machines { get; init; }
}
