using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Models;

/// <summary>
/// The changes that the model grain's longer calls make. Those calls interleave, because they wait for readers, silos or loads; each of
/// their changes is a call of the grain to itself, and so an ordinary turn.
/// </summary>
[Alias("krewe.model-turns")]
internal interface IModelTurns : IGrainWithStringKey
{
    /// <summary>Pins <c>prod</c> to the newest version where it is not set.</summary>
    [Alias("pin")]
    Task PinAsync(long newest, long published);

    /// <summary>Retires a version.</summary>
    [Alias("retire")]
    Task<ModelRoute> RetireAsync(long version, ChangeAuthor author);

    /// <summary>Has silos take no calls for a retired version any more.</summary>
    [Alias("close")]
    Task<ModelRoute> CloseAsync(long version);

    /// <summary>Does what an operator wants of a rollout.</summary>
    [Alias("command")]
    Task CommandAsync(RolloutOrder order);
}
