using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Models;

/// <summary>
/// State changes of the model grain's long calls. Those calls interleave, because they wait for subscribers, silos or loads; each change is
/// a call of the grain to itself, and so a turn of its own.
/// </summary>
[Alias("krewe.model-turns")]
internal interface IModelTurns : IGrainWithStringKey
{
    /// <summary>Pins <c>prod</c> to the newest version if it is not set.</summary>
    [Alias("pin")]
    Task PinAsync(long newest, long published);

    /// <summary>Retires a version.</summary>
    [Alias("retire")]
    Task<ModelRoute> RetireAsync(long version, ChangeAuthor author);

    /// <summary>Makes silos refuse calls for a retired version.</summary>
    [Alias("close")]
    Task<ModelRoute> CloseAsync(long version);

    /// <summary>Applies an operator's command to a rollout.</summary>
    [Alias("command")]
    Task CommandAsync(RolloutOrder order);
}
