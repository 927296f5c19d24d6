namespace Krewe.Launch.Models;

/// <summary>What can be set of a program that serves models from its own memory. Null leaves a value to the part that it is for.</summary>
public interface IModelOptions
{
    /// <summary>The folder of models.</summary>
    string Models { get; set; }

    /// <summary>Bytes that loaded models may take together.</summary>
    long? MemoryBudgetBytes { get; set; }

    /// <summary>After how long without a call a model leaves memory; infinite for never.</summary>
    TimeSpan? IdleTime { get; set; }

    /// <summary>Threads that run models.</summary>
    int? Runners { get; set; }

    /// <summary>Threads that load models.</summary>
    int? LoadThreads { get; set; }

    /// <summary>Threads inside one operator of a model.</summary>
    int? IntraOpThreads { get; set; }

    /// <summary>How often the folder of models is looked at.</summary>
    TimeSpan? PollInterval { get; set; }
}
