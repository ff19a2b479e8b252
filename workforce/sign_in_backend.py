"""Who a session belongs to, in one statement with what they lack."""

from django.contrib.auth.backends import ModelBackend

from workforce import sessions
from workforce.models import Person


class PersonBackend(ModelBackend):
    def get_user(self, user_id: int) -> Person | None:
        person = sessions.with_standing(Person.objects.filter(pk=user_id)).first()
        return person if self.user_can_authenticate(person) else None
